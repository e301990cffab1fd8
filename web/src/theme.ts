/** Dark or light: as the machine says, until a person says it here. */
const WHERE = "fleet-theme";

function chosen(): string | null {
  try {
    return localStorage.getItem(WHERE);
  } catch {
    return null;
  }
}

/** Shows the page as it was chosen before. */
export function applyTheme(): void {
  const theme = chosen();
  if (theme === "dark" || theme === "light") document.documentElement.dataset["theme"] = theme;
}

export function toggleTheme(): void {
  const isDark = (chosen() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  try {
    localStorage.setItem(WHERE, isDark ? "light" : "dark");
  } catch {
    // Where nothing may be kept it lasts as long as the page.
  }
  document.documentElement.dataset["theme"] = isDark ? "light" : "dark";
}
