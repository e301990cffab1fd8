/** Asks for name and password. What the service gives for them goes into a cookie that no script reads. */
import { useState } from "preact/hooks";
import { t } from "../texts/en.ts";
import { words } from "../texts/tasks_en.ts";
import { Fault } from "./fault.tsx";
import { logIn } from "./session.ts";

export function Login() {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError(null);
    try {
      await logIn(String(given.get("username")).trim(), String(given.get("password")));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <main class="login" id="content">
      <form onSubmit={submit}>
        <h1>{t.login.title}</h1>
        <p>{words.login.why}</p>
        <label>
          {words.login.name}
          <input name="username" autocomplete="username" autocapitalize="none" maxLength={100} required />
        </label>
        <label>
          {words.login.password}
          <input name="password" type="password" autocomplete="current-password" maxLength={256} required />
        </label>
        <Fault error={error} />
        <button type="submit" class="primary" disabled={isBusy}>{t.login.submit}</button>
        <p class="note">{words.login.help}</p>
      </form>
    </main>
  );
}
