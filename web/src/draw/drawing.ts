/** The camera that is drawn on. What is not saved stays as long as the page is open, and one draws on no other camera. */
import { signal } from "@preact/signals";
import { ask } from "../api/ask.ts";
import { type FleetObject, objectPath } from "../api/objects.ts";
import { drawnOf } from "./manifest.ts";
import { type Action, type State, acted, begun } from "./state.ts";

export interface Drawing {
  camera: string;
  /** Of the spec that one draws on. */
  generation: number;
  spec: Record<string, any>;
  state: State;
}

export const drawing = signal<Drawing | null>(null);

/** Begins with what the manifest says; what was drawn before is forgotten. Raises Refused, or Away. */
export async function begin(camera: string): Promise<void> {
  const { spec, metadata } = await ask<FleetObject>(objectPath("Camera", camera));
  drawing.value = { camera, generation: metadata.generation ?? 0, spec, state: begun(drawnOf(spec)) };
}

export function act(action: Action): State | null {
  const { value } = drawing;
  if (value === null) return null;
  const state = acted(value.state, action);
  if (state !== value.state) drawing.value = { ...value, state };
  return state;
}

/** Whether something was drawn that is not saved. */
export function isDrawn({ state }: Drawing): boolean {
  return state.past.length > 0 || state.draft !== null;
}
