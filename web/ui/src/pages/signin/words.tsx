interface Words {
  title: string;
  detail: string;
}

const problems: Record<string, Words> = {
  ended: { title: 'Your session has ended', detail: 'Sessions end after 30 minutes without use, after 12 hours, and when your role or password changes. Sign in again to go on where you were.' },
  notInvited: { title: 'You are no administrator here', detail: 'Ask an owner to invite you, with the e-mail that your organisation’s sign-in knows.' },
  providerRefused: { title: 'Your organisation’s sign-in did not let you in', detail: 'It was cancelled, took too long, or was not vouched for. Try again; if that does not help, ask who runs it.' },
  providerUnreachable: { title: 'Your organisation’s sign-in does not answer', detail: 'Try again in a moment. With a password you can sign in meanwhile.' },
};

// wordsOf says what a problem that leads back to signing in means.
export function wordsOf(problem: string): Words {
  const known = Object.hasOwn(problems, problem) ? problems[problem] : undefined;
  return known ?? { title: 'Signing in did not work', detail: 'Try again. The server’s log says more.' };
}
