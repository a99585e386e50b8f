// The page: picks a network, asks for its status and series, and keeps them fresh.
import { ask, NETWORKS, SERIES, STATUS } from "/assets/api.js";
import { el, fail, fill } from "/assets/card.js";
import { loadRender, redrawRender } from "/assets/render.js";
import { age, amount, amountShort, denomName, integer, plotted, plural, when } from "/assets/format.js";

const REFRESH_MS = 15_000;
const LATE_S = 120;
const DAY_S = 86_400;
const RANGES = { all: ['All', null], d90: ['90 d', 90], d30: ['30 d', 30], d7: ['7 d', 7], d1: ['24 h', 1] };
const INTERVALS = { auto: 'Auto', MINUTE: 'Minute', HOUR: 'Hour', DAY: 'Day', WEEK: 'Week', MONTH: 'Month' };
const WIDTH_S = { MINUTE: 60, HOUR: 3600, DAY: DAY_S, WEEK: 7 * DAY_S, MONTH: 30 * DAY_S };
const PER = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day', WEEK: 'week', MONTH: 'month' };
const MAX_BUCKETS = 1400;

const $ = (id) => document.getElementById(id);
const url = new URLSearchParams(location.search);
const state = {
  networks: [], network: url.get('network'), range: url.get('range') in RANGES ? url.get('range') : 'all',
  interval: url.get('interval') in INTERVALS ? url.get('interval') : 'auto', denom: null, status: null, shown: null, answer: 0,
};

function remember() {
  const query = new URLSearchParams({ network: state.network, range: state.range, interval: state.interval });
  history.replaceState(null, '', `?${query}`);
}

function choice(host, name, options, current, pick) {
  const seg = el('div', { class: 'seg' }, ...Object.entries(options).map(([value, label]) => {
    const input = el('input', { type: 'radio', name, value, checked: value === current });
    input.addEventListener('change', () => pick(value));
    return el('label', {}, input, el('span', {}, label));
  }));
  host.append(seg);
}

function problem(error) {
  const box = $('problem');
  box.hidden = !error;
  if (!error) return;
  const again = el('button', { type: 'button' }, 'Try again');
  again.addEventListener('click', () => refresh(true));
  const id = error.requestId ? ` Request ${error.requestId}.` : '';
  box.replaceChildren(el('strong', {}, error.message), `${error.hint ?? ''}${id}`, again);
}

function showNotice(network) {
  const box = $('notice');
  box.hidden = !network.isRecording && !network.notice;
  const lead = network.isRecording ? 'Recording, not a live network.' : 'Note:';
  box.replaceChildren(el('strong', {}, lead), network.notice ?? '');
}

function showFreshness(status, network) {
  const chip = $('freshness');
  if (!status.head) {
    chip.dataset.level = 'late';
    chip.textContent = 'no block committed yet';
    return;
  }
  const seconds = status.ageSeconds + (Date.now() - state.fetchedAt) / 1000;
  const gaps = status.facts.gaps.length + status.state.gaps.length;
  chip.dataset.level = network.isRecording ? 'still' : seconds > LATE_S ? 'late' : 'ok';
  chip.textContent = `${network.kind === 'render' ? 'slot' : 'height'} ${integer(status.head.height)} · ${network.isRecording ? 'recorded' : 'block'} ${age(seconds)} ago${gaps ? ` · ${gaps} gap${gaps > 1 ? 's' : ''}` : ''}`;
  chip.title = `Newest committed block: ${when(status.head.time)}`;
}

function stageRow(name, stage) {
  const missing = stage.gaps.reduce((sum, gap) => sum + gap.blocks, 0);
  const gaps = missing ? `${stage.gaps.length} (${integer(missing)} blocks)` : 'none';
  const cell = (text, num) => el('td', num ? { class: 'num' } : {}, text);
  if (stage.watermark === null) {
    return el('tr', {}, el('th', { scope: 'row' }, name), el('td', { colspan: '6' }, 'nothing committed yet'));
  }
  return el('tr', {}, el('th', { scope: 'row' }, name), cell(integer(stage.watermark), true), cell(when(stage.time)),
    cell(integer(stage.completeFrom), true), cell(integer(stage.blocks), true), cell(gaps), cell(integer(stage.generation), true));
}

function showIndex(status, network) {
  const stages = network.kind === 'render' ? ['Facts'] : ['Facts', 'State'];
  $('stages').tBodies[0].replaceChildren(...stages.map((name) => stageRow(name, status[name.toLowerCase()])));
  const behind = status.facts.watermark !== null && status.state.watermark !== null ? status.facts.watermark - status.state.watermark : null;
  const lag = behind > 0 ? `; state is ${integer(behind)} blocks behind facts` : '';
  $('index-lead').textContent = status.head ? `${network.chainId}, ${integer(status.first.height)} to ${integer(status.head.height)}${lag}` : network.chainId;
}

// The finest interval that keeps a chart readable: at most about 200 points.
function autoInterval(seconds) {
  const fits = Object.keys(WIDTH_S).find((name) => seconds / WIDTH_S[name] <= 200);
  return fits ?? 'MONTH';
}

function question() {
  const { first, head } = state.status;
  const end = Date.parse(head.time) / 1000;
  const days = RANGES[state.range][1];
  const from = days ? Math.max(Date.parse(first.time) / 1000, end - days * DAY_S) : null;
  const span = end - (from ?? Date.parse(first.time) / 1000);
  let interval = state.interval === 'auto' ? autoInterval(span) : state.interval;
  if (span / WIDTH_S[interval] > MAX_BUCKETS) interval = autoInterval(span);
  return { network: state.network, interval, from: from ? new Date(from * 1000).toISOString() : null, asOf: null };
}

const lastWith = (test) => (points) => points.findLastIndex(test);
const valued = lastWith((point) => point.value !== null);

function leasesModel(series) {
  const bound = series.points.some((point) => point.atLeast !== null);
  const read = (point) => point.value ?? point.atLeast;
  const columns = [
    { label: bound ? 'at least' : 'active', text: (p) => integer(read(p)) }, { label: 'opened', text: (p) => integer(p.opened) },
    { label: 'closed', text: (p) => integer(p.closed) }, { label: 'GPUs', text: (p) => integer(p.gpuUnits) },
  ];
  return {
    title: 'Active leases', query: SERIES.leases, columns, sample: 'lease', unit: 'leases', height: 270,
    lastKnown: lastWith((point) => read(point) !== null),
    legend: [['accent', bound ? 'leases seen (a lower bound)' : 'leases'], ['second', 'GPUs in them']],
    lines: (points) => [
      { label: 'leases', colour: '--accent', fill: true, values: points.map(read) },
      { label: 'GPUs', colour: '--second', values: points.map((p) => p.gpuUnits) },
    ],
  };
}

function providersModel() {
  return {
    title: 'Providers', query: SERIES.providers, sample: 'provider', unit: 'providers', height: 240, lastKnown: valued,
    columns: [{ label: 'with leases', text: (p) => integer(p.value) }, { label: 'registered', text: (p) => integer(p.registered) }],
    legend: [['accent', 'with active leases'], ['second', 'registered']],
    lines: (points) => [
      { label: 'with leases', colour: '--accent', fill: true, values: points.map((p) => p.value) },
      { label: 'registered', colour: '--second', values: points.map((p) => p.registered) },
    ],
  };
}

const sumOf = (totals, denom) => totals?.find((entry) => entry.denom === denom) ?? null;

function revenueModel(series) {
  const denoms = series.totals.map((entry) => entry.denom);
  if (!denoms.includes(state.denom)) state.denom = denoms.toSorted((a, b) => sumOf(series.totals, b).payouts - sumOf(series.totals, a).payouts)[0] ?? null;
  const denom = state.denom;
  const of = (point, field) => sumOf(point.totals, denom)?.[field];
  const money = (field) => (p) => (of(p, field) === undefined ? '–' : amount(of(p, field), denom));
  let extra = el('p', { class: 'lead' }, 'no payout in this range');
  if (denoms.length) {
    const select = el('select', { 'aria-label': 'Denomination' }, ...denoms.map((d) => el('option', { value: d, selected: d === denom, title: d }, denomName(d))));
    select.addEventListener('change', () => { state.denom = select.value; render(); });
    extra = select;
  }
  const total = sumOf(series.totals, denom);
  const summary = () => (total
    ? ['In the whole range · gross ', el('b', {}, amount(total.gross, denom)), ' · take fee ', el('b', {}, amount(total.takeFee, denom)), ' · to providers ', el('b', {}, amount(total.net, denom))]
    : ['No payout in this range.']);
  return {
    title: `Revenue per ${PER[series.interval]}`, query: SERIES.revenue, sample: 'payout', unit: denom ? denomName(denom) : '–', height: 240, extra,
    lastKnown: lastWith((point) => point.totals !== null),
    columns: [{ label: 'gross', text: money('gross') }, { label: 'take fee', text: money('takeFee') }, { label: 'to providers', text: money('net') }],
    legend: [], summary,
    lines: (points) => [{ label: 'gross', colour: '--bars', bars: true, values: points.map((p) => (of(p, 'gross') === undefined ? null : plotted(of(p, 'gross'), denom))) }],
  };
}

const CARDS = [
  ['leases', 'card-leases', 'Active leases', 'activeLeases', leasesModel],
  ['providers', 'card-providers', 'Providers', 'activeProviders', providersModel],
  ['revenue', 'card-revenue', 'Revenue', 'revenue', revenueModel],
];

function tile(id, value, unit, sub) {
  $(id).replaceChildren(value, ...(unit ? [el('small', {}, unit)] : []));
  $(`${id}-sub`).textContent = sub || '\u00a0';
}

function showTiles(data) {
  const { leases, providers, revenue } = data;
  const lease = leases?.points[valued(leases.points)];
  const provider = providers?.points[valued(providers.points)];
  const height = (series) => `at height ${integer(series.asOf.height)}`;
  const seen = leases?.points.findLast((point) => point.atLeast !== null);
  if (seen) tile('now-leases', `≥ ${integer(seen.atLeast)}`, '', `created since height ${integer(leases.meta.incompleteBefore)}`);
  else tile('now-leases', lease ? integer(lease.value) : '–', '', lease ? height(leases) : '');
  tile('now-gpus', lease ? integer(lease.gpuUnits) : '–', '', lease ? 'in active leases' : '');
  tile('now-providers', provider ? integer(provider.value) : '–', '', provider ? `of ${integer(provider.registered)} registered` : '');
  const sum = revenue && sumOf(revenue.totals, state.denom);
  if (!sum) return tile('now-revenue', revenue ? '0' : '–', '', revenue ? 'no payout in this range' : '');
  const { value, unit } = amountShort(sum.net, state.denom);
  const others = revenue.totals.length - 1;
  return tile('now-revenue', value, unit, `${plural(sum.payouts, 'payout')} in range${others ? `, and ${plural(others, 'more denomination')}` : ''}`);
}

function render() {
  if (!state.shown) return;
  const { data, errors, variables } = state.shown;
  for (const [key, id, title, , model] of CARDS) {
    if (data[key]) fill($(id), model(data[key]), data[key], variables);
    else fail($(id), title, errors[key]);
  }
  showTiles(data);
}

async function loadSeries() {
  const variables = question();
  const turn = ++state.answer;
  const data = {};
  const errors = {};
  await Promise.all(CARDS.map(async ([key, , , field]) => {
    try { data[key] = (await ask(SERIES[key], variables))[field]; } catch (error) { errors[key] = error; }
  }));
  if (turn !== state.answer) return; // a later question has been asked meanwhile
  state.shown = { data, errors, variables };
  render();
}

function showNothing() {
  for (const [, id, title] of CARDS) fail($(id), title, { message: 'No block is committed yet', hint: 'The charts appear with the first committed range.' });
}

async function refresh(force) {
  const network = state.networks.find((n) => n.name === state.network);
  if (!network) return;
  try {
    const { indexStatus } = await ask(STATUS, { network: network.name });
    if (network.name !== state.network) return;
    const moved = JSON.stringify([indexStatus.head, indexStatus.first, indexStatus.state.watermark]);
    Object.assign(state, { status: indexStatus, fetchedAt: Date.now() });
    showFreshness(indexStatus, network);
    showIndex(indexStatus, network);
    if (!indexStatus.head) showNothing();
    else if (force || moved !== state.moved) await (network.kind === 'render' ? loadRender(network) : loadSeries());
    state.moved = moved;
    problem(null);
  } catch (error) {
    const chip = $('freshness');
    chip.dataset.level = 'bad';
    chip.textContent = 'not answering';
    problem(error);
  }
}

function pickNetwork(name) {
  state.network = name;
  state.moved = null;
  remember();
  const network = state.networks.find((n) => n.name === name);
  showNotice(network);
  for (const part of document.querySelectorAll('[data-kind]')) part.hidden = part.dataset.kind !== (network.kind === 'render' ? 'render' : 'akash');
  document.title = `${network.name} · Gridproof`;
  refresh(true);
}

const isDark = () => {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
};

function redraw() {
  render();
  redrawRender();
}

function themeButton() {
  const root = document.documentElement;
  const name = () => { $('theme').textContent = isDark() ? 'Light' : 'Dark'; };
  name();
  $('theme').addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    name();
    try { localStorage.setItem('theme', root.dataset.theme); } catch { /* the choice lasts for this visit */ }
    redraw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { name(); redraw(); });
}

async function start() {
  choice($('range'), 'range', Object.fromEntries(Object.entries(RANGES).map(([k, [label]]) => [k, label])), state.range, (value) => { state.range = value; remember(); refresh(true); });
  choice($('interval'), 'interval', INTERVALS, state.interval, (value) => { state.interval = value; remember(); refresh(true); });
  themeButton();
  try {
    state.networks = (await ask(NETWORKS)).networks;
  } catch (error) {
    problem(error);
    setTimeout(() => location.reload(), REFRESH_MS);
    return;
  }
  const select = $('network');
  select.replaceChildren(...state.networks.map((n) => el('option', { value: n.name }, n.isRecording ? `${n.name} (recording)` : n.name)));
  select.disabled = state.networks.length === 0;
  select.addEventListener('change', () => pickNetwork(select.value));
  if (!state.networks.length) return problem({ message: 'No network is configured.', hint: 'Add one to gridproof.toml, or start with --recording.' });
  const name = state.networks.some((n) => n.name === state.network) ? state.network : state.networks[0].name;
  select.value = name;
  pickNetwork(name);
  setInterval(() => document.hidden || refresh(false), REFRESH_MS);
  setInterval(() => state.status && showFreshness(state.status, state.networks.find((n) => n.name === state.network)), 1000);
}

start();
