// until asks again until the answer is one, and returns it: what a server keeps follows a moment
// after what it answered. It gives up after 20 seconds.
export async function until(ask) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const found = await ask();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`this never came to be: ${ask}`);
}
