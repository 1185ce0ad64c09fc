import { useMe, type Me } from '../auth';
import type { Tone } from '../parts/State';

type Called = NonNullable<Me['environment']>;

const tones: Record<Called['colour'], Tone> = { grey: 'mute', blue: 'info', green: 'ok', amber: 'warn', red: 'bad' };

// environmentHeight is what the strip takes of the header, in pixels.
export const environmentHeight = 24;

// useEnvironment is what this deployment is called, where it has a label.
export function useEnvironment(): Called | undefined {
  return useMe()?.environment;
}

// Environment is a strip over everything, so that nobody takes one deployment for another.
export function Environment({ called }: { called: Called }) {
  return <div className={`environment tone-${tones[called.colour]}`} style={{ height: environmentHeight }}><span className="visually-hidden">Environment: </span>{called.label}</div>;
}
