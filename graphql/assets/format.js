// Numbers and times as readers see them. Amounts stay integers until they are text.

const count = new Intl.NumberFormat('en-GB');

// What one display unit of a known denomination is called; all of them have six decimals.
const NAMES = { uakt: 'AKT', uact: 'ACT' };
const DECIMALS = 6;

export const integer = (n) => (n === null || n === undefined ? '–' : count.format(n));

export const plural = (n, word) => `${integer(n)} ${word}${n === 1 ? '' : 's'}`;

export function denomName(denom) {
  if (NAMES[denom]) return NAMES[denom];
  return denom.length > 18 ? `${denom.slice(0, 10)}…${denom.slice(-4)}` : denom;
}

// "1234567" uakt -> "1.234567 AKT": exact, grouped, without trailing zeros. Unknown denominations stay in base units.
export function amount(base, denom) {
  if (!NAMES[denom]) return `${grouped(base)} ${denomName(denom)}`;
  const digits = base.padStart(DECIMALS + 1, '0');
  const whole = digits.slice(0, -DECIMALS);
  const rest = digits.slice(-DECIMALS).replace(/0+$/, '');
  return `${grouped(whole)}${rest ? `.${rest}` : ''} ${NAMES[denom]}`;
}

// The same cut to two decimals where the whole part is large, for tiles; the exact amount stands in the chart.
export function amountShort(base, denom) {
  const [value, ...unit] = amount(base, denom).split(' ');
  const [whole, rest] = value.split('.');
  const places = whole.length > 3 ? 0 : whole === '0' ? DECIMALS : 2;
  return { value: rest && places ? `${whole}.${rest.slice(0, places)}` : whole, unit: unit.join(' ') };
}

// For drawing only: a float is exact enough for a pixel.
export function plotted(base, denom) {
  return NAMES[denom] ? Number(BigInt(base)) / 10 ** DECIMALS : Number(BigInt(base));
}

// "-123456789" with 8 decimals -> "-1.23456789": exact, grouped, without trailing zeros. With `decimals` null the text is
// a decimal number already.
export function tokens(text, decimals) {
  if (text === null || text === undefined) return '–';
  const negative = text.startsWith('-');
  let [whole, rest = ''] = (negative ? text.slice(1) : text).split('.');
  if (decimals) {
    const digits = whole.padStart(decimals + 1, '0');
    [whole, rest] = [digits.slice(0, -decimals), digits.slice(-decimals)];
  }
  rest = rest.replace(/0+$/, '');
  return `${negative ? '−' : ''}${grouped(whole)}${rest ? `.${rest}` : ''}`;
}

// The same cut to two decimals where the whole part is not zero; the exact number stands in the title.
export function tokensShort(text, decimals) {
  const [whole, rest] = tokens(text, decimals).split('.');
  if (!rest) return whole;
  return whole === '0' || whole === '−0' ? `${whole}.${rest}` : `${whole}.${rest.slice(0, 2).padEnd(2, '0')}`;
}

// For drawing only.
export const tokensPlotted = (text, decimals) => Number(BigInt(text)) / 10 ** (decimals ?? 0);

// The two ends of an address; the whole stands in the title.
export const short = (text) => (text.length > 14 ? `${text.slice(0, 6)}…${text.slice(-4)}` : text);

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');

export function compact(n) {
  const size = Math.abs(n);
  if (size >= 1e9) return `${trim(n / 1e9)}B`;
  if (size >= 1e6) return `${trim(n / 1e6)}M`;
  if (size >= 1e4) return `${trim(n / 1e3)}k`;
  return trim(n);
}
const trim = (n) => String(Number(n.toPrecision(3)));

const two = (n) => String(n).padStart(2, '0');

// UTC throughout: buckets begin at UTC boundaries, and readers in different places must see the same label.
export function day(date) {
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}
export function clock(date) {
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}
export function when(text) {
  if (!text) return '–';
  const date = new Date(text);
  return `${day(date)} ${clock(date)}:${two(date.getUTCSeconds())} UTC`;
}
export function bucketLabel(from, interval) {
  const date = new Date(from);
  if (interval === 'MINUTE' || interval === 'HOUR') return `${day(date)} ${clock(date)} UTC`;
  if (interval === 'MONTH') return day(date).slice(0, 7);
  return interval === 'WEEK' ? `week of ${day(date)}` : day(date);
}

export function age(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${integer(Math.round(s / 86400))} days`;
}
