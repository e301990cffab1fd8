/** The differences of files, as the controller made them. */
import type { FileDiff } from "../api/previews.ts";

function classOf(line: string, index: number): string {
  if (line.startsWith("@@")) return "place";
  // Further down that is a line of the file, such as `---` between two manifests.
  if (index < 2 && /^(\+\+\+|---) /.test(line)) return "file";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "";
}

export function DiffView({ files }: { files: readonly FileDiff[] }) {
  return (
    <div class="diffs">
      {files.map(({ path, diff }) => (
        <figure key={path}>
          <figcaption>{path}</figcaption>
          <pre tabIndex={0} aria-label={path}>
            {diff.replace(/\n$/, "").split("\n").map((line, index) => (
              <span key={index} class={classOf(line, index)}>
                {line}
                {"\n"}
              </span>
            ))}
          </pre>
        </figure>
      ))}
    </div>
  );
}
