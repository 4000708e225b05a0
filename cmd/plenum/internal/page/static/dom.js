// Helpers to create elements, avatars and lists. Text from other users only becomes textContent,
// never markup.

export const $ = (id) => document.getElementById(id);

export function element(tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

// hue distributes names over the colour circle. style.css sets the lightness, so the contrast is
// the same for all names.
export function hue(name) {
  let hash = 2166136261;
  for (const rune of name) hash = Math.imul(hash ^ rune.codePointAt(0), 16777619) >>> 0;
  return (hash % 24) * 15;
}

export function avatar(name) {
  return Object.assign(element('span', 'avatar', [...name][0]?.toUpperCase()), { ariaHidden: 'true' });
}

// arrange updates list so that it shows keys in their order. Existing entries are kept, so that the
// focus is not lost; make creates the others.
export function arrange(list, keys, make) {
  const had = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = new Set(keys);
  for (const [key, child] of had) if (!wanted.has(key)) child.remove();
  let next = list.firstElementChild;
  for (const key of keys) {
    const child = had.get(key) ?? make(key);
    child.dataset.key = key;
    if (child === next) next = next.nextElementSibling;
    else list.insertBefore(child, next);
  }
}

// counted returns a number with its noun in the singular or plural.
export function counted(number, one, many) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}
