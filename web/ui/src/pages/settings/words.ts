const browsers: [RegExp, string][] = [[/\bEdg(?:A|iOS)?\//, 'Edge'], [/\bFirefox\/|\bFxiOS\//, 'Firefox'], [/\bOPR\//, 'Opera'], [/\b(?:Headless)?Chrome\/|\bCriOS\//, 'Chrome'], [/\bSafari\//, 'Safari']];
const systems: [RegExp, string][] = [[/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']];

// browserOf names the browser of a user agent as people call it. It is what the browser said of
// itself, so it is a hint and no proof.
export function browserOf(agent: string): string {
  const named = (of: [RegExp, string][]) => of.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = named(browsers);
  if (browser === undefined) return 'Unknown browser';
  const system = named(systems);
  return system === undefined ? browser : `${browser} on ${system}`;
}
