/** The list beside the picture: all that is drawn, by numbers. */
import { t } from "../texts/en.ts";
import { act } from "./drawing.ts";
import type { Finding } from "./findings.ts";
import { type Kind, type Shape } from "./manifest.ts";
import { type State, isRegion } from "./state.ts";
import { pointName } from "./words.ts";

const SIGNS: Readonly<Record<Kind, string>> = { line: "╱", region: "▱", crowd: "▰", direction: "→" };

export function ShapeList({ state, findings }: { state: State; findings: readonly Finding[] }) {
  const { shapes, selected } = state;
  return (
    <section class="shapes" aria-labelledby="shapes-title">
      <h2 id="shapes-title">{t.draw.shapes}</h2>
      {shapes.length === 0 && <p class="note">{t.draw.nothing}</p>}
      <ul>
        {shapes.map((shape) => {
          const { id, kind, name } = shape;
          const own = findings.filter((one) => one.id === id);
          const isOpen = selected?.id === id;
          return (
            <li key={id} class={isOpen ? "open" : ""}>
              <button
                type="button"
                class="quiet"
                aria-expanded={isOpen}
                onClick={() => act({ do: "select", selected: isOpen ? null : { id, point: null } })}
              >
                <span aria-hidden="true">{SIGNS[kind]}</span> <strong>{name}</strong> <span class="note">{t.draw.kind[kind]}</span>
                {own.length > 0 && <span class="error" aria-hidden="true"> {signOf(own)}</span>}
              </button>
              {own.map(({ fault, point, refused }) => (
                <p key={`${fault} ${point}`} class={refused ? "error" : "warning"}>
                  {refused ? "✖" : "▲"} {point === null ? "" : `${pointName(kind, point)}: `}{t.draw.faults[fault]}
                </p>
              ))}
              {isOpen && <Details shape={shape} point={selected.point} findings={own} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const signOf = (findings: readonly Finding[]): string => (findings.some(({ refused }) => refused) ? "✖" : "▲");

function Details({ shape, point: marked, findings }: { shape: Shape; point: number | null; findings: readonly Finding[] }) {
  const { id, kind, name, points } = shape;
  const isWrong = (at: number): boolean => findings.some(({ point }) => point === at);
  return (
    <div class="details">
      <label>
        {t.draw.name}
        <input
          value={name}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={findings.some(({ fault }) => fault === "name" || fault === "taken")}
          onInput={(event) => act({ do: "rename", id, name: event.currentTarget.value })}
        />
      </label>
      {isRegion(kind) && (
        <label>
          {t.draw.means}
          <select value={kind} onChange={(event) => act({ do: "kind", id, kind: event.currentTarget.value as Kind })}>
            <option value="region">{t.draw.meanings.region}</option>
            <option value="crowd">{t.draw.meanings.crowd}</option>
          </select>
        </label>
      )}
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">x</th>
            <th scope="col">y</th>
          </tr>
        </thead>
        <tbody>
          {points.map(([x, y], point) => {
            const called = pointName(kind, point);
            return (
              <tr key={point} class={marked === point ? "marked" : ""}>
                <th scope="row">{called}</th>
                <td><Coordinate label={t.draw.xOf(called)} value={x} isWrong={isWrong(point)} onValue={(to) => typed(id, point, [to, y])} /></td>
                <td><Coordinate label={t.draw.yOf(called)} value={y} isWrong={isWrong(point)} onValue={(to) => typed(id, point, [x, to])} /></td>
                {isRegion(kind) && (
                  <td class="corner">
                    <button type="button" class="quiet" aria-label={`${t.draw.insert}: ${called}`} title={t.draw.insert} onClick={() => act({ do: "insert", id, after: point })}>+</button>
                    <button type="button" class="quiet" aria-label={t.draw.removePoint(called)} title={t.draw.removePoint(called)} disabled={points.length <= 3} onClick={() => act({ do: "remove", id, point })}>−</button>
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      <div class="row">
        {!isRegion(kind) && <button type="button" onClick={() => act({ do: "flip", id })}>{t.draw.flip}</button>}
        {kind === "line" && <button type="button" onClick={() => act({ do: "square", id })}>{t.draw.square}</button>}
        <button type="button" class="danger" aria-label={`${t.draw.remove}: ${name}`} onClick={() => act({ do: "remove", id })}>{t.draw.remove}</button>
      </div>
    </div>
  );
}

function typed(id: number, point: number, to: readonly [number, number]): void {
  act({ do: "move", id, point, to, gesture: `type ${id} ${point}`, typed: true });
}

function Coordinate(props: { label: string; value: number; isWrong: boolean; onValue: (value: number) => void }) {
  const { label, value, isWrong, onValue } = props;
  const text = String(Math.round(value));
  return (
    <input
      type="number"
      step={1}
      required
      aria-label={label}
      aria-invalid={isWrong}
      value={text}
      onInput={({ currentTarget: { value: typed } }) => typed !== "" && onValue(Math.round(Number(typed)))}
      onBlur={({ currentTarget }) => (currentTarget.value = text)}
    />
  );
}
