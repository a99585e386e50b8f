// One card: a chart, what it means, and the rows behind it.
import { consoleLink } from "/assets/api.js";
import { draw } from "/assets/chart.js";
import { bucketLabel, integer, plural, when } from "/assets/format.js";

// A DOM element; text never becomes markup.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const empty = (title, text) => el('div', { class: 'empty' }, el('b', {}, title), text);

const opened = new Map(); // which details a reader has opened, so that a refresh does not close them
const removers = new Map();

// A part that a reader may open; it stays open when the card is filled again.
export function details(card, key, summary, ...content) {
  const id = `${card.id}-${key}`;
  const node = el('details', { open: opened.get(id) || false }, el('summary', {}, summary), ...content);
  node.addEventListener('toggle', () => opened.set(id, node.open));
  return node;
}

function table(model, series) {
  const head = el('tr', {}, el('th', { scope: 'col' }, 'Bucket (UTC)'), ...model.columns.map((c) => el('th', { scope: 'col', class: 'num' }, c.label)),
    el('th', { scope: 'col', class: 'num' }, 'Heights'), el('th', { scope: 'col', class: 'num' }, 'Sample'), el('th', { scope: 'col' }, 'Complete'));
  const rows = [...series.points].reverse().slice(0, 400).map((point) => el('tr', {},
    el('td', {}, bucketLabel(point.time, series.interval)),
    ...model.columns.map((c) => el('td', { class: 'num' }, c.text(point))),
    el('td', { class: 'num' }, point.firstHeight === null ? '–' : `${integer(point.firstHeight)}–${integer(point.lastHeight)}`),
    el('td', { class: 'num' }, integer(point.sampleSize)),
    el('td', {}, point.complete ? 'yes' : 'partly')));
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${model.title}, values` },
    el('table', {}, el('thead', {}, head), el('tbody', {}, ...rows)));
}

function readout(line, model, series) {
  return (index) => {
    if (index === null && model.summary) { line.replaceChildren(...model.summary()); return; }
    const point = series.points[index ?? model.lastKnown(series.points)];
    if (!point) { line.textContent = ''; return; }
    const values = model.columns.flatMap((c) => [` · ${c.label} `, el('b', {}, c.text(point))]);
    line.replaceChildren(bucketLabel(point.time, series.interval), ...values, point.complete ? '' : el('span', { class: 'partial' }, ' · partial bucket'));
  };
}

function facts(model, series, variables) {
  const { meta } = series;
  const items = [
    el('span', {}, `As of height ${integer(series.asOf.height)}`),
    el('span', { title: series.unit }, `Unit: ${model.unit}`),
    el('span', { title: series.sampleUnit }, `Sample: ${plural(series.sampleSize, model.sample)}`),
    el('span', {}, `From ${meta.source === 'STATE' ? 'chain state' : 'events'}`),
  ];
  if (meta.incompleteBefore !== null) items.push(el('span', { class: 'partial' }, `Incomplete before height ${integer(meta.incompleteBefore)}`));
  else if (!meta.complete) items.push(el('span', { class: 'partial' }, 'Not complete'));
  const link = consoleLink(model.query, { ...variables, asOf: series.asOf.height });
  items.push(el('a', { href: link }, 'Query behind this chart'));
  return el('div', { class: 'facts' }, ...items);
}

// Fills a card. `model`: title, query, columns, lines(points), legend, extra (a control), lastKnown, sample, height.
export function fill(card, model, series, variables) {
  removers.get(card)?.();
  removers.delete(card);
  const line = el('p', { class: 'readout', 'aria-live': 'polite' });
  const show = readout(line, model, series);
  const known = model.lastKnown(series.points) >= 0;
  const host = known
    ? el('div', { class: 'chart', tabindex: '0', role: 'img', 'aria-label': `${model.title}. Use the arrow keys to read values.` })
    : empty('Not known yet', series.meta.source === 'STATE' ? 'No value is known in this range.' : 'This needs the chain state, which has not reached this height.');
  card.replaceChildren(
    el('header', {}, el('h2', { title: series.definition }, model.title), model.extra ?? el('div', { class: 'legend' }, ...model.legend.map(([colour, label]) => el('span', {}, el('i', { class: colour }), label)))),
    host, line,
    facts(model, series, variables),
    details(card, 'how', 'How is this computed?', el('p', {}, series.definition), el('p', {}, `Unit: ${series.unit}. Sample size counts ${series.sampleUnit}. The answer holds as of block ${integer(series.asOf.height)}, ${when(series.asOf.time)}.`), series.meta.note ? el('p', {}, `Note: ${series.meta.note}.`) : null),
    details(card, 'rows', 'Values as a table', table(model, series)),
  );
  card.setAttribute('aria-busy', 'false');
  if (!known) return;
  const times = series.points.map((point) => Date.parse(point.time) / 1000);
  const end = Date.parse(series.points.at(-1).endTime) / 1000;
  removers.set(card, draw(host, { times, series: model.lines(series.points), step: end - times.at(-1), until: Date.parse(series.asOf.time) / 1000, height: model.height, onHover: show }));
  show(null);
}

export function fail(card, title, error) {
  removers.get(card)?.();
  removers.delete(card);
  const hint = [error.hint, error.code && `(${error.code}${error.requestId ? `, request ${error.requestId}` : ''})`].filter(Boolean).join(' ');
  card.replaceChildren(el('header', {}, el('h2', {}, title)), empty(error.message, hint));
  card.setAttribute('aria-busy', 'false');
}
