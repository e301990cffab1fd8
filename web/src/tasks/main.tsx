import "../app.css";
import "./tasks.css";
import { render } from "preact";
import { listenToKeys } from "../keys.ts";
import { applyTheme } from "../theme.ts";
import { listenToFiles } from "./arriving.ts";
import { Page } from "./page.tsx";
import { lookWhoIAm } from "./session.ts";
import { uploads } from "./uploads.ts";

applyTheme();
listenToKeys();
listenToFiles();
addEventListener("beforeunload", (event) => {
  if (uploads.peek().some(({ state }) => state !== "refused")) event.preventDefault();
});
void lookWhoIAm();
const page = document.getElementById("page");
if (page !== null) {
  page.replaceChildren();
  render(<Page />, page);
}
