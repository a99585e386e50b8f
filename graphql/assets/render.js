// What is shown for a network of kind `render`: movements of one token, and what follows from them. No leases: there are none.
import { ask, consoleLink, RENDER } from "/assets/api.js";
import { details, el, empty } from "/assets/card.js";
import { draw } from "/assets/chart.js";
import { integer, plural, short, tokens, tokensPlotted, tokensShort, when } from "/assets/format.js";

const PAGE = 15;
const EPOCHS = 200;
const EVIDENCE = {
  ONCHAIN: ['on chain', 'Read from finalized transactions: amounts, accounts, owners, times.'],
  DERIVED: ['derived', 'Computed from on-chain rows by a rule of ours that is kept as data: classes, epochs, work periods.'],
  OFFCHAIN_REPORTED: ['reported', 'A number that somebody published. It stands beside the chain’s, is compared, and is never mixed in.'],
};
const MEASURES = { BURNED: 'burned', WORK_PAID: 'paid for work', AVAILABILITY_PAID: 'paid for availability', WORK_DUE: 'due for work' };

const $ = (id) => document.getElementById(id);
const charts = new Map(); // how to take a card's chart away
let turn = 0;
let shown = null; // the last answers, to draw them again in other colours

export const badge = (word) => {
  const [label, title] = EVIDENCE[word] ?? ['unknown', 'This page does not know this kind of evidence.'];
  return el('span', { class: `badge ${String(word).toLowerCase()}`, title }, label);
};

const address = (text) => el('code', { class: 'address', title: text }, short(text));
const num = (text, title) => el('td', { class: 'num', title }, text);

function legend() {
  return el('dl', { class: 'evidence' }, ...Object.entries(EVIDENCE).map(([word, [, text]]) => el('div', {}, el('dt', {}, badge(word)), el('dd', {}, text))));
}

// Plainly: what this network has not, in the API's own words.
function statement(network) {
  const rows = network.notOnChain;
  const leases = rows.find((row) => row.field === 'leases');
  const [lead, ...rest] = (leases?.reason ?? '').split(': ');
  const list = el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Field'), el('th', { scope: 'col' }, 'Why it is null here'))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, el('td', {}, el('code', {}, row.field)), el('td', { class: 'wrap' }, row.reason)))));
  const card = $('render-statement');
  card.replaceChildren(el('p', { class: 'plain' }, el('strong', {}, `${lead}.`), rest.length ? ` ${sentence(rest.join(': '))}.` : ''), legend(),
    details(card, 'missing', 'Everything that is not on chain', el('div', { class: 'scroll' }, list)));
}
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function foot(answer, query, variables, sample) {
  const { meta } = answer;
  const items = [badge(answer.evidence), el('span', {}, `As of slot ${integer(answer.asOf.height)}`)];
  if (sample) items.push(el('span', {}, `Sample: ${sample}`));
  if (meta.incompleteBefore !== null) items.push(el('span', { class: 'partial' }, `Incomplete before slot ${integer(meta.incompleteBefore)}`));
  items.push(el('a', { href: consoleLink(query, { ...variables, asOf: answer.asOf.height }) }, 'Query behind this'));
  return el('div', { class: 'facts' }, ...items);
}

function clear(card) {
  charts.get(card)?.();
  charts.delete(card);
  card.setAttribute('aria-busy', 'false');
}

function title(text, answer, ...extra) {
  return el('header', {}, el('h2', { title: answer?.definition }, text), ...extra);
}

function broken(card, text, error) {
  clear(card);
  const hint = [error.hint, error.code && `(${error.code}${error.requestId ? `, request ${error.requestId}` : ''})`].filter(Boolean).join(' ');
  card.replaceChildren(title(text), empty(error.message, hint));
}

const nodes = (answer) => answer.edges.map((edge) => edge.node);
const keys = (pairs) => el('div', { class: 'legend' }, ...pairs.map(([colour, label]) => el('span', {}, el('i', { class: colour }), label)));
const status = (epoch) => (epoch.isFinal ? 'final' : epoch.complete ? 'may still grow' : 'not complete');

function epochTable(epochs) {
  const columns = [
    ['Epoch', (e) => el('td', {}, String(e.epoch))], ['Begins (UTC)', (e) => el('td', {}, when(e.startsAt).slice(0, 10))],
    ['Burned', (e) => money(e.burned, e)], ['USD at burn', (e) => num(e.burnedUsdAtBurn === null ? '–' : tokensShort(e.burnedUsdAtBurn, null), e.priceSource ?? 'no price is known')],
    ['Other burns', (e) => money(e.otherBurned, e)], ['Paid: work', (e) => money(e.paid.work, e)], ['availability', (e) => money(e.paid.availability, e)],
    ['compute', (e) => money(e.paid.compute, e)], ['Minted: emission', (e) => money(e.mintedEmission, e)], ['upgrade', (e) => money(e.mintedUpgrade, e)],
    ['Job payments', (e) => money(e.jobPayments, e)], ['Grants', (e) => money(e.grants, e)], ['Treasury', (e) => money(e.treasury, e)],
    ['Market', (e) => money(e.market, e)], ['Unknown', (e) => money(e.unknown, e)], ['Settlements', (e) => num(integer(e.settlements))],
    ['Recipients', (e) => num(integer(e.recipients))], ['new', (e) => num(integer(e.newRecipients))], ['lost', (e) => num(integer(e.lostRecipients))],
    ['State', (e) => el('td', {}, status(e))],
  ];
  const left = new Set(['Epoch', 'Begins (UTC)', 'State']);
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Epochs, values' }, el('table', {},
    el('thead', {}, el('tr', {}, ...columns.map(([name]) => el('th', { scope: 'col', class: left.has(name) ? null : 'num' }, name)))),
    el('tbody', {}, ...epochs.toReversed().map((e) => el('tr', {}, ...columns.map(([, cell]) => cell(e)))))));
}
const money = (base, { decimals }) => num(tokensShort(base, decimals), tokens(base, decimals));

function chartCard(card, { text, answer, epochs, legendOf, series, line, table, height }) {
  clear(card);
  const readout = el('p', { class: 'readout', 'aria-live': 'polite' });
  const host = epochs.length ? el('div', { class: 'chart', tabindex: '0', role: 'img', 'aria-label': `${text}. Use the arrow keys to read values.` }) : empty('No epoch yet', 'The chart begins with the first indexed epoch.');
  card.replaceChildren(title(text, answer, keys(legendOf)), host, readout,
    foot(answer, RENDER.epochs, { network: answer.network, first: EPOCHS }, plural(answer.sampleSize, 'epoch')),
    details(card, 'how', 'How is this computed?', el('p', {}, answer.definition), el('p', {}, `Unit of amounts: ${answer.amountUnit}.`)),
    ...(table ? [details(card, 'rows', 'Values as a table', epochTable(epochs))] : []));
  if (!epochs.length) return;
  const show = (index) => readout.replaceChildren(...line(epochs[index ?? epochs.findLastIndex((e) => e.complete)] ?? epochs.at(-1)));
  const times = epochs.map((e) => Date.parse(e.startsAt) / 1000);
  // A recording's epochs may be much shorter than the time between them: bars are as wide as the least step.
  const steps = times.slice(1).map((time, index) => time - times[index]);
  const until = Math.max(Date.parse(epochs.at(-1).endsAt) / 1000, times.at(-1) + (steps.length ? Math.min(...steps) : 0));
  charts.set(card, draw(host, { times, series, step: until - times.at(-1), until, height, onHover: show }));
  show(null);
}

const bold = (text) => el('b', {}, text);
const partial = (epoch) => (epoch.isFinal ? '' : el('span', { class: 'partial' }, ` · ${status(epoch)}`));

function showEpochs(answer) {
  const epochs = nodes(answer).toReversed();
  chartCard($('render-epochs'), {
    text: 'Burned against paid, per weekly epoch', answer, epochs, height: 270, table: true,
    legendOf: [['accent', 'burned (RENDER)'], ['bars', 'paid to recipients (RENDER)']],
    series: [
      { label: 'paid', colour: '--bars', bars: true, values: epochs.map((e) => tokensPlotted(e.paid.total, e.decimals)) },
      { label: 'burned', colour: '--accent', fill: true, values: epochs.map((e) => tokensPlotted(e.burned, e.decimals)) },
    ],
    line: (e) => [`epoch ${e.epoch} · burned `, bold(tokensShort(e.burned, e.decimals)), ' · paid ', bold(tokensShort(e.paid.total, e.decimals)),
      ` (work ${tokensShort(e.paid.work, e.decimals)}, availability ${tokensShort(e.paid.availability, e.decimals)}, compute ${tokensShort(e.paid.compute, e.decimals)}) · `,
      plural(e.settlements, 'settlement'), partial(e)],
  });
  chartCard($('render-recipients-chart'), {
    text: 'Recipients: growth and loss', answer, epochs, height: 240, table: false,
    legendOf: [['accent', 'paid'], ['second', 'new'], ['late', 'lost']],
    series: [
      { label: 'paid', colour: '--accent', fill: true, values: epochs.map((e) => e.recipients) },
      { label: 'new', colour: '--second', values: epochs.map((e) => e.newRecipients) },
      { label: 'lost', colour: '--late', values: epochs.map((e) => e.lostRecipients) },
    ],
    line: (e) => [`epoch ${e.epoch} · paid `, bold(integer(e.recipients)), ' · new ', bold(integer(e.newRecipients)), ' · lost ', bold(integer(e.lostRecipients)), partial(e)],
  });
  showTiles(epochs);
}

// Burned per token paid, in hundredths, without a float.
function ratio(burned, paid) {
  if (BigInt(paid) === 0n) return null;
  const hundredths = (BigInt(burned) * 100n) / BigInt(paid);
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}

function tile(id, value, unit, sub) {
  $(id).replaceChildren(value, ...(unit ? [el('small', {}, unit)] : []));
  $(`${id}-sub`).textContent = sub || '\u00a0';
}

function showTiles(epochs) {
  const last = epochs.findLast((e) => e.complete && e.isFinal) ?? epochs.findLast((e) => e.complete) ?? epochs.at(-1);
  if (!last) return;
  const of = `in epoch ${last.epoch}, ${status(last)}`;
  tile('render-burned', tokensShort(last.burned, last.decimals), 'RENDER', `${plural(last.settlements, 'settlement')} ${of}`);
  const per = ratio(last.burned, last.paid.total);
  tile('render-paid', tokensShort(last.paid.total, last.decimals), 'RENDER', per ? `${per} burned for each one paid` : of);
  tile('render-owners', integer(last.recipients), '', `${integer(last.newRecipients)} new, ${integer(last.lostRecipients)} lost ${of.split(',')[0]}`);
}

const verdict = (passed) => el('span', { class: `verdict ${passed === null ? 'open' : passed ? 'pass' : 'fail'}` }, passed === null ? 'not checked' : passed ? 'pass' : 'FAIL');

function auditRow(name, passed, what, findings) {
  return el('div', { class: 'audit' }, verdict(passed), el('div', {}, el('h3', {}, name), el('p', {}, what), el('p', { class: 'fine' }, findings)));
}

function supplyRow(s) {
  if (!s) return auditRow('Supply', null, 'Nothing is indexed yet.', '');
  const amount = (base) => (base === null ? 'unknown' : tokens(base, s.decimals));
  const sum = `Opening ${amount(s.opening)} + minted ${amount(s.minted)} − burned ${amount(s.burned)} = ${amount(s.expected)}. `;
  const answer = s.observed === null ? sentence(`${s.reason}.`) : `A node answered ${amount(s.observed)} at slot ${integer(s.slot)}${s.drift === null ? `; not compared: ${s.reason}` : `: drift ${amount(s.drift)}`}.`;
  const slots = `${plural(s.slotsCompared, 'slot')} compared, ${integer(s.slotsFailing)} differ; ${plural(s.sampleSize, 'answer')} of nodes compared, ${integer(s.failing)} differ`;
  return auditRow('Supply', s.passed, sum + answer, s.firstFailingSlot === null ? slots : `${slots}; the first at slot ${integer(s.firstFailingSlot)}`);
}

function finding(f, decimals) {
  const amount = (base) => (base === null ? 'unknown' : tokens(base, decimals));
  const parts = [`${amount(f.opening)} before, changes of ${amount(f.delta)}, ${amount(f.last)} after${f.sumsAgree ? '' : ': they do not sum up'}`];
  if (f.breaks) parts.push(`${plural(f.breaks, 'balance')} do not go on from the one before, the first in slot ${integer(f.firstBreakSlot)}`);
  if (f.drift !== null && f.drift !== '0') parts.push(`a node answered ${amount(f.observed)} at slot ${integer(f.observedSlot)}: ${amount(f.drift)} more than the rows`);
  return el('li', {}, address(f.account), ` ${parts.join('; ')}.`);
}

function showAudits(audits) {
  const card = $('render-audits');
  clear(card);
  const { supply, accounts, unexplained } = audits;
  const failing = accounts.findings.map((f) => finding(f, supply?.decimals));
  card.replaceChildren(title('Audits', audits, verdict(audits.passed)),
    supplyRow(supply),
    auditRow('Balances', accounts.passed, `${integer(accounts.failing)} of ${plural(accounts.sampleSize, 'watched account')} differ from the sum of their changes or from what nodes answer.`, `as of slot ${integer(accounts.slot)}; ${plural(accounts.answers, 'answer')} of nodes compared`),
    ...(failing.length ? [el('ul', { class: 'findings' }, ...failing)] : []),
    auditRow('Unexplained changes', unexplained.passed, `${plural(unexplained.count, 'change')} of a balance that no instruction explains.`, `up to slot ${integer(unexplained.slot)}; ${plural(unexplained.sampleSize, 'transaction')}, ${integer(unexplained.failedTransactions)} of them failed`),
    foot(audits, RENDER.audits, { network: audits.network }),
    details(card, 'how', 'What is compared?', el('p', {}, audits.definition)));
  tile('render-passed', audits.passed === null ? 'open' : audits.passed ? 'pass' : 'FAIL', '', `supply, ${plural(accounts.sampleSize, 'account')}, ${plural(unexplained.sampleSize, 'transaction')}`);
  $('render-passed').dataset.passed = String(audits.passed);
}

function rows(host, heads, items, row, none) {
  if (!items.length) return empty(none, 'Nothing of this kind is indexed up to this slot.');
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': host }, el('table', {},
    el('thead', {}, el('tr', {}, ...heads.map(([name, right]) => el('th', { scope: 'col', class: right ? 'num' : null }, name)))), el('tbody', {}, ...items.map(row))));
}

const LISTS = {
  settlements: {
    card: 'render-settlements', title: 'Settlements', query: RENDER.settlements, field: 'settlements', first: PAGE, sample: 'burn', none: 'No settlement yet',
    heads: [['Time (UTC)'], ['Burned, RENDER', true], ['Burn wallet'], ['Epoch', true], ['Memo'], ['Transaction'], ['Evidence']],
    row: (s) => el('tr', {}, el('td', { title: `slot ${s.slot}` }, when(s.time).slice(0, 16)), num(tokensShort(s.amount, s.decimals), tokens(s.amount, s.decimals)), el('td', {}, address(s.burnWallet)),
      num(s.epoch === null ? '–' : String(s.epoch)), el('td', { class: 'memo', title: s.memo }, s.memo ?? '–'), el('td', {}, address(s.signature)), el('td', {}, badge(s.evidence))),
  },
  recipients: {
    card: 'render-recipients', title: 'Recipients', query: RENDER.recipients, field: 'providers', first: PAGE, sample: 'owner', none: 'Nobody has been paid yet',
    heads: [['Owner'], ['First epoch', true], ['Last', true], ['Epochs', true], ['Work', true], ['Availability', true], ['Compute', true], ['Total, RENDER', true], ['Evidence']],
    row: (p) => el('tr', {}, el('td', {}, address(p.owner)), num(integer(p.firstPaidEpoch)), num(integer(p.lastPaidEpoch)), num(integer(p.epochsPaid)),
      ...['work', 'availability', 'compute', 'total'].map((part) => money(p.paid[part], p.paid)), el('td', {}, badge(p.evidence))),
  },
  reconciliation: {
    card: 'render-reconciliation', title: 'Reconciliation: both numbers, never an average', query: RENDER.reconciliation, field: 'burnReconciliation', first: 24, sample: 'comparison', none: 'Nothing to compare yet',
    heads: [['Epoch', true], ['Measure'], ['On chain, RENDER', true], ['Reported, RENDER', true], ['Difference', true], ['Reported by'], ['Remark']],
    row: (r) => el('tr', {}, num(String(r.epoch)), el('td', {}, MEASURES[r.measure] ?? '–'), num(tokensShort(r.onchain, null), r.onchain), num(tokensShort(r.reported, null), r.reported),
      num(tokensShort(r.difference, null), r.difference), el('td', {}, r.source ?? '–'), el('td', { class: 'memo', title: r.reason }, r.reason ?? '')),
    extra: () => el('div', { class: 'legend' }, badge('DERIVED'), badge('OFFCHAIN_REPORTED')),
  },
};

function showList(list, answer, items) {
  const card = $(list.card);
  clear(card);
  const more = el('button', { type: 'button' }, `Show more (${integer(answer.totalCount - items.length)})`);
  more.addEventListener('click', async () => {
    more.disabled = true;
    try {
      const next = (await ask(list.query, { network: answer.network, first: list.first, after: answer.pageInfo.endCursor }))[list.field];
      showList(list, { ...next, network: answer.network }, [...items, ...nodes(next)]);
    } catch (error) { more.disabled = false; more.textContent = `${error.message} Try again`; }
  });
  card.replaceChildren(title(list.title, answer, list.extra?.() ?? el('p', { class: 'lead' }, plural(answer.totalCount, list.sample))),
    rows(list.title, list.heads, items, list.row, list.none), ...(answer.pageInfo.hasNextPage ? [el('p', { class: 'more' }, more)] : []),
    foot(answer, list.query, { network: answer.network, first: list.first }, plural(answer.sampleSize, list.sample)),
    details(card, 'how', 'What is listed?', el('p', {}, answer.definition)));
}

const PARTS = [
  ['epochs', RENDER.epochs, 'renderEpochs', { first: EPOCHS }, ['render-epochs', 'Burned against paid'], (answer) => showEpochs(answer)],
  ['audits', RENDER.audits, 'audits', {}, ['render-audits', 'Audits'], (answer) => showAudits(answer)],
  ...Object.entries(LISTS).map(([key, list]) => [key, list.query, list.field, { first: list.first }, [list.card, list.title], (answer) => showList(list, answer, nodes(answer))]),
];

function show() {
  for (const [key, , , , [id, text], put] of PARTS) {
    const { answer, error } = shown[key];
    if (error) broken($(id), text, error);
    else put(answer);
  }
  if (shown.epochs.error) broken($('render-recipients-chart'), 'Recipients', shown.epochs.error);
}

// Asks for everything that is shown of a network, and shows it.
export async function loadRender(network) {
  const mine = ++turn;
  statement(network);
  const answers = await Promise.all(PARTS.map(async ([key, query, field, extra]) => {
    try {
      const answer = (await ask(query, { network: network.name, ...extra }))[field];
      return [key, { answer: { ...answer, network: network.name } }];
    } catch (error) { return [key, { error }]; }
  }));
  if (mine !== turn) return; // a later question has been asked meanwhile
  shown = Object.fromEntries(answers);
  show();
}

// Draws again what was shown, in the colours that now count.
export const redrawRender = () => { if (shown) show(); };
