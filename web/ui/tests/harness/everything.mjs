// What presses everything on a page, and hears which changes the page would ask the server for.

// hear makes a page answer for the server where something would be changed, and remember what was
// asked: window.sent. It is an init script; harmless are patterns of "METHOD /path" that may pass.
export function hear(harmless) {
  window.sent = [];
  window.pressed = 'the page itself';
  const real = window.fetch.bind(window);
  const passes = harmless.map((text) => new RegExp(text));
  window.fetch = (input, init) => {
    const { method, url } = input instanceof Request ? input : new Request(input, init);
    const what = `${method} ${new URL(url).pathname.replace('/api/v1', '')}`;
    if (method === 'GET' || passes.some((pass) => pass.test(what))) return real(input, init);
    window.sent.push({ what, by: window.pressed });
    return Promise.resolve(new Response('{"title":"Only a test","detail":"Nothing is changed here.","status":503,"code":"test"}', { status: 503, headers: { 'Content-Type': 'application/problem+json' } }));
  };
}

// pressEverything fills every field of the page and of its dialogs that can be filled, and presses
// every button that can be pressed, those of one beginning once. done is what was pressed before
// the page was left; it returns what is pressed now, and whether the page was left again.
export async function pressEverything(done) {
  const pressed = new Set(done);
  const at = window.location.pathname;
  const turn = () => new Promise((resolve) => { setTimeout(resolve, 25); });
  const open = (e) => e.checkVisibility() && !e.matches(':disabled, [aria-disabled="true"], [data-disabled]');
  const called = (e) => (e.getAttribute('aria-label') ?? e.textContent).trim().replace(/[\d,.]+/g, '#').split(/\s+/).slice(0, 3).join(' ');
  const filled = new WeakSet();

  function put(field, value) {
    const kind = { TEXTAREA: HTMLTextAreaElement, SELECT: HTMLSelectElement }[field.tagName] ?? HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(field, value);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
  function fill(root) {
    let some = false;
    for (const field of root.querySelectorAll('input, textarea, select')) {
      if (filled.has(field) || !open(field) || field.readOnly) continue;
      filled.add(field);
      some = true;
      window.pressed = `the field ${field.labels?.[0]?.textContent ?? field.getAttribute('aria-label')}`;
      if (field.tagName === 'SELECT') {
        if (field.options.length > 1 && field.closest('[role="dialog"]') !== null) put(field, field.options[field.options.length - 1].value); // those of a page are filters
      } else if (['checkbox', 'radio'].includes(field.type)) {
        if (!field.checked) field.click();
      } else if (field.type === 'file') {
        const files = new DataTransfer();
        files.items.add(new File(['userName\nada@acme.example\n'], 'people.csv'));
        field.files = files.files;
        field.dispatchEvent(new Event('change', { bubbles: true }));
      } else {
        const number = /Type (\d+) to confirm/.exec(field.labels?.[0]?.textContent ?? '')?.[1];
        put(field, number ?? { number: '7', email: 'new@acme.example', url: 'https://new.example.com', date: '2027-01-01', password: 'correct horse battery staple' }[field.type] ?? 'something-new');
      }
    }
    return some;
  }
  for (let left = 80; left > 0; left--) {
    const dialog = [...document.querySelectorAll('[role="dialog"]')].at(-1) ?? null;
    const root = dialog ?? document.querySelector('main');
    for (const details of root.querySelectorAll('details')) details.open = true;
    for (let more = 3; more > 0 && fill(root); more--) await turn(); // what is chosen may bring further fields
    await turn();
    const place = dialog?.querySelector('h2')?.textContent.replace(/[\d,.]+/g, '#') ?? '';
    const buttons = [...root.querySelectorAll('button')].filter((b) => open(b) && !pressed.has(`${place} ${called(b)}`));
    const button = dialog === null ? buttons[0] : buttons.at(-1); // in a dialog, what shuts it comes first
    if (button === undefined) {
      if (dialog === null) break;
      dialog.querySelector('button[aria-label="Close"]').click();
      await turn();
      continue;
    }
    pressed.add(`${place} ${called(button)}`);
    window.pressed = `${place} ${called(button)}`;
    button.click();
    await turn();
    if (window.location.pathname !== at) return { pressed: [...pressed], left: true };
  }
  await turn();
  return { pressed: [...pressed], left: false };
}
