/** Ages in the shortest words that still say enough. */
import { t } from "../texts/en.ts";

/**
 * @param ms of the age; less than none counts as none.
 */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t.ages.seconds(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t.ages.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t.ages.hours(hours) : t.ages.days(Math.floor(hours / 24));
}
