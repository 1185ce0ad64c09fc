// Trusted Types: the page's policy forbids turning text into markup except through "default",
// and "default" lets no "<" through. Style sheets that libraries write as text pass; markup, which
// a hostile name could bring, does not.

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(text: string): string }): unknown;
}

declare global {
  interface Window {
    trustedTypes?: TrustedTypes;
  }
}

window.trustedTypes?.createPolicy('default', {
  createHTML(text) {
    if (text.includes('<')) throw new TypeError('text that holds markup is never made part of the page');
    return text;
  },
});

export {};
