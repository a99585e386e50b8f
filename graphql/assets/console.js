// A small query console: works offline, loads nothing from elsewhere.
import { ask, NETWORKS, SERIES, STATUS } from "/assets/api.js";
import { el } from "/assets/card.js";

const LEASES = `query Leases($network: String!, $after: String) {
  leases(network: $network, first: 20, after: $after, state: ACTIVE) {
    totalCount
    asOf { height time }
    edges { node { id owner provider price priceDenom gpuUnits gpuModel createdTime } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const PROVIDERS = `query Providers($network: String!) {
  providers(network: $network, first: 20) {
    totalCount
    edges { node { owner hostUri activeLeases leasedGpus auditedBy } }
  }
}`;
const LIMITS = `query Limits { serviceLimits { maxDepth maxComplexity maxPageSize maxBuckets timeoutMs } }`;
const SCHEMA = `query Schema { __schema { types { kind name description
  fields { name description args { name description type { ...ref } } type { ...ref } }
  enumValues { name description } } } }
fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const EXAMPLES = {
  'Index status': [STATUS, {}], 'Active leases': [SERIES.leases, { interval: 'HOUR' }], Providers: [PROVIDERS, {}],
  Leases: [LEASES, {}], Revenue: [SERIES.revenue, { interval: 'DAY' }], Networks: [NETWORKS, null], Limits: [LIMITS, null],
};

const $ = (id) => document.getElementById(id);
let network = '';

function variables() {
  const text = $('variables').value.trim();
  return text ? JSON.parse(text) : {};
}

async function run() {
  const chip = $('result');
  let body;
  try {
    body = JSON.stringify({ query: $('query').value, variables: variables() });
  } catch (error) {
    chip.dataset.level = 'bad';
    chip.textContent = 'the variables are not JSON';
    $('answer').textContent = String(error.message);
    return;
  }
  chip.textContent = 'running';
  delete chip.dataset.level;
  const started = performance.now();
  try {
    const answer = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' }, body });
    const text = await answer.text();
    const value = JSON.parse(text);
    $('answer').textContent = JSON.stringify(value, null, 2);
    chip.dataset.level = value.errors ? 'bad' : 'ok';
    chip.textContent = `${answer.status} · ${Math.round(performance.now() - started)} ms · ${text.length} bytes · request ${answer.headers.get('x-request-id')}`;
  } catch (error) {
    chip.dataset.level = 'bad';
    chip.textContent = 'not answering';
    $('answer').textContent = String(error.message);
  }
}

function put(query, values) {
  $('query').value = query;
  $('variables').value = values ? JSON.stringify(values, null, 2) : '';
}

function example(name) {
  const [query, values] = EXAMPLES[name];
  put(query, values && { network, ...values });
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
async function copyCurl() {
  const body = JSON.stringify({ query: $('query').value, variables: variables() });
  const command = `curl -s ${location.origin}/graphql -H 'content-type: application/json' -d ${quoted(body)}`;
  try {
    await navigator.clipboard.writeText(command);
    $('result').textContent = 'copied';
  } catch {
    $('answer').textContent = command;
  }
}

const typeText = (type) => (type.kind === 'NON_NULL' ? `${typeText(type.ofType)}!` : type.kind === 'LIST' ? `[${type.ofType ? typeText(type.ofType) : '…'}]` : type.name);

function showDocs(types, needle) {
  const matches = (text) => text?.toLowerCase().includes(needle);
  const shown = types.filter((t) => !t.name.startsWith('__') && t.kind !== 'SCALAR').map((t) => {
    const members = (t.fields ?? t.enumValues ?? []).filter((f) => !needle || matches(f.name) || matches(t.name) || matches(f.description));
    if (!members.length) return null;
    const rows = members.flatMap((f) => {
      const args = f.args?.length ? `(${f.args.map((a) => `${a.name}: ${typeText(a.type)}`).join(', ')})` : '';
      return [el('dt', { class: 'mono' }, `${f.name}${args}${f.type ? `: ${typeText(f.type)}` : ''}`), el('dd', {}, f.description ?? '')];
    });
    return el('section', {}, el('h3', { class: 'mono' }, t.name), t.description ? el('p', { class: 'lead' }, t.description) : null, el('dl', {}, ...rows));
  });
  $('docs').replaceChildren(...shown.filter(Boolean));
}

async function start() {
  $('examples').append(...Object.keys(EXAMPLES).map((name) => el('option', { value: name }, name)));
  $('examples').addEventListener('change', (event) => example(event.target.value));
  $('run').addEventListener('click', run);
  $('copy').addEventListener('click', copyCurl);
  document.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } });
  const linked = new URLSearchParams(location.hash.slice(1));
  if (linked.get('query')) {
    $('query').value = linked.get('query');
    $('variables').value = linked.get('variables') ?? '';
  }
  try {
    network = (await ask(NETWORKS)).networks[0]?.name ?? '';
    if (!linked.get('query')) example('Index status');
    const { __schema: schema } = await ask(SCHEMA);
    const types = schema.types.toSorted((a, b) => (b.name === 'Query') - (a.name === 'Query') || a.name.localeCompare(b.name));
    showDocs(types, '');
    $('filter').addEventListener('input', (event) => showDocs(types, event.target.value.trim().toLowerCase()));
  } catch (error) {
    $('result').textContent = error.message;
  }
  run();
}

start();
