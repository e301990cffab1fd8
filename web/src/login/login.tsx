/** Asks for a token, when the controller wants one. It goes into a cookie that no script reads. */
import { useState } from "preact/hooks";
import { Refusal } from "../parts/refusal.tsx";
import { logIn } from "../session.ts";
import { t } from "../texts/en.ts";

export function Login() {
  const [token, setToken] = useState("");
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      // Everything that was asked for without a token is asked for again.
      if (await logIn(token.trim())) location.reload();
      else setError(new Error(t.login.wrong));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <main class="login" id="content">
      <form onSubmit={submit}>
        <h1>{t.login.title}</h1>
        <p>{t.login.why}</p>
        <label>
          {t.login.token}
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <Refusal error={error} />
        <button type="submit" class="primary">{t.login.submit}</button>
        <p class="note">{t.login.help}</p>
      </form>
    </main>
  );
}
