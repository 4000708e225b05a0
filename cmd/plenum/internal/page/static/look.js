// How things look: elements, names in their colours, lists. Whatever comes from others
// becomes textContent, never markup.

export const $ = (id) => document.getElementById(id);

export function element(tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

// hue spreads names over the colour circle; style.css sets the lightness, so
// the contrast is the same for every name.
export function hue(name) {
  let hash = 2166136261;
  for (const rune of name) hash = Math.imul(hash ^ rune.codePointAt(0), 16777619) >>> 0;
  return (hash % 24) * 15;
}

export function avatar(name) {
  return Object.assign(element('span', 'avatar', [...name][0]?.toUpperCase()), { ariaHidden: 'true' });
}

// arrange has list show keys in their order. What it shows already stays, and with it
// the focus; make makes the rest.
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

// counted is a number and what it counts.
export function counted(number, one, many) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}
