/** What stands around every view: where one can go, whether what is shown is of now, and what needs a person. */
import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { helpIsOpen, useKeys } from "./keys.ts";
import { fleet, live, now } from "./live/fleet.ts";
import { ageText } from "./parts/ages.ts";
import { Help } from "./parts/help.tsx";
import { SkipLink } from "./parts/skip_link.tsx";
import { go, linkTo, place } from "./route.ts";
import { logOut, me } from "./session.ts";
import { Switcher, openSwitcher } from "./switcher/switcher.tsx";
import { t } from "./texts/en.ts";
import { toggleTheme } from "./theme.ts";

const VIEWS = [
  { path: "cameras", text: t.nav.cameras, key: "g c", does: t.keys.cameras },
  { path: "instances", text: t.nav.instances, key: "g i", does: t.keys.instances },
  { path: "nodes", text: t.nav.nodes, key: "g n", does: t.keys.nodes },
  { path: "changes", text: t.nav.changes, key: "g h", does: t.keys.changes },
  { path: "events", text: t.nav.events, key: "g e", does: t.keys.events },
] as const;

export function Frame({ children }: { children: ComponentChildren }) {
  const [at = "cameras"] = place.value.path;
  useKeys([
    { key: "?", does: t.keys.help, act: () => (helpIsOpen.value = true) },
    ...VIEWS.map(({ path, key, does }) => ({ key, does, act: () => go(linkTo([path])) })),
    { key: "D", does: t.keys.theme, act: toggleTheme },
  ]);
  return (
    <>
      <SkipLink />
      <header class="bar">
        <a class="brand" href={linkTo(["cameras"])}>{t.brand}</a>
        <nav aria-label={t.nav.label}>
          {VIEWS.map(({ path, text }) => (
            <a key={path} href={linkTo([path])} {...(at === path ? { "aria-current": "page" as const } : {})}>{text}</a>
          ))}
        </nav>
        <LiveMark />
        <button type="button" class="quiet" onClick={openSwitcher} aria-label={t.switcher.open}>⌕</button>
        <button type="button" class="quiet" onClick={() => (helpIsOpen.value = true)} aria-label={t.keys.title}>?</button>
        <button type="button" class="quiet" onClick={toggleTheme} aria-label={t.theme.toggle}>◐</button>
        {me.value?.needsLogin && (
          <button type="button" class="quiet" onClick={logOut} title={me.value.user}>{t.login.logout}</button>
        )}
      </header>
      <Banner />
      <Switcher />
      {children}
      {helpIsOpen.value && <Help />}
    </>
  );
}

function LiveMark() {
  const age = useComputed(() => ageText(now.value - live.value.heardAt));
  const { state, why } = live.value;
  const text = state === "live" ? t.live.live : state === "starting" ? t.live.starting : t.live.asOf(age.value);
  return (
    <span class={`live ${state}`} role="status" title={state === "live" ? "" : why || t.live.away}>
      <span aria-hidden="true">{state === "live" ? "●" : "○"}</span> {text}
    </span>
  );
}

function Banner() {
  const { pending, problems, starting, superseded } = fleet.value;
  const starts = starting ?? (live.value.state === "live" ? null : live.value.why);
  return (
    <div class="banners" role="status">
      {starts && <p class="banner">{starts}</p>}
      {superseded !== null && <p class="banner bad">{t.live.superseded(superseded)}</p>}
      {pending !== null && (
        <p class="banner">{t.banner.pending} <a href={linkTo(["changes"])}>{t.banner.show}</a></p>
      )}
      {problems > 0 && (
        <p class="banner bad">{t.banner.problems(problems)} <a href={linkTo(["changes"])}>{t.banner.show}</a></p>
      )}
    </div>
  );
}
