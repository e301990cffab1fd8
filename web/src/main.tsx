import "./app.css";
import { render } from "preact";
import { Frame } from "./frame.tsx";
import { listenToKeys } from "./keys.ts";
import { goLive } from "./live/stream.ts";
import { Login } from "./login/login.tsx";
import { lookWhoIAm, unknown } from "./session.ts";
import { applyTheme } from "./theme.ts";
import { View } from "./views.tsx";

function Page() {
  return <Frame>{unknown.value ? <Login /> : <View />}</Frame>;
}

applyTheme();
listenToKeys();
// Whoever is not known is told so once, and asks for nothing else.
await lookWhoIAm();
if (!unknown.peek()) goLive();
const page = document.getElementById("page");
if (page !== null) {
  page.replaceChildren();
  render(<Page />, page);
}
