/** What stands around the views of tasks, and which of them a link shows. */
import type { ComponentChild } from "preact";
import { helpIsOpen, useKeys } from "../keys.ts";
import { Help } from "../parts/help.tsx";
import { SkipLink } from "../parts/skip_link.tsx";
import { linkTo, place } from "../route.ts";
import { t } from "../texts/en.ts";
import { words } from "../texts/tasks_en.ts";
import { toggleTheme } from "../theme.ts";
import { Fault } from "./fault.tsx";
import { List } from "./list.tsx";
import { Login } from "./login.tsx";
import { fault, logOut, lookWhoIAm, me, unknown } from "./session.ts";
import { TaskView } from "./task_view.tsx";

export function Page() {
  useKeys([
    { key: "?", does: t.keys.help, act: () => (helpIsOpen.value = true) },
    { key: "D", does: t.keys.theme, act: toggleTheme },
  ]);
  return (
    <>
      <SkipLink />
      <header class="bar">
        <a class="brand" href={linkTo([])}>{words.brand}</a>
        <span class="space" />
        <button type="button" class="quiet" onClick={() => (helpIsOpen.value = true)} aria-label={t.keys.title}>?</button>
        <button type="button" class="quiet" onClick={toggleTheme} aria-label={t.theme.toggle}>◐</button>
        {me.value !== null && !unknown.value && (
          <>
            <span class="user">{me.value.user}</span>
            <button type="button" class="quiet" onClick={() => void logOut()}>{t.login.logout}</button>
          </>
        )}
      </header>
      {unknown.value ? <Login /> : me.value === null ? <Looking /> : <View />}
      {helpIsOpen.value && <Help />}
    </>
  );
}

function Looking() {
  return (
    <main class="empty" id="content">
      <h1>{words.title}</h1>
      {fault.value === null ? (
        <p role="status">{words.loading}</p>
      ) : (
        <>
          <Fault error={fault.value} />
          <button type="button" onClick={() => void lookWhoIAm()}>{words.again}</button>
        </>
      )}
    </main>
  );
}

function View(): ComponentChild {
  const [room, name = "", ...more] = place.value.path;
  if (room === undefined) return <List />;
  if (room === "tasks" && /^\d{1,19}$/.test(name) && more.length === 0) return <TaskView key={name} id={name} />;
  return (
    <main class="empty" id="content">
      <h1>{t.notFound.title}</h1>
      <a href={linkTo([])}>{words.back}</a>
    </main>
  );
}
