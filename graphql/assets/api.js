// The page asks the same public API as everybody else.

export const NETWORKS = `query Networks { networks { name kind chainId isRecording notice notOnChain { field reason } } }`;

export const STATUS = `query IndexStatus($network: String!) {
  indexStatus(network: $network) {
    head { height time } first { height time } ageSeconds checkedAt
    facts { ...stage } state { ...stage }
  }
}
fragment stage on StageStatus { watermark time completeFrom blocks generation gaps { from to blocks } }`;

const HEAD = `definition unit sampleSize sampleUnit interval asOf { height time }
    meta { complete incompleteBefore source note }`;
const POINT = 'time endTime blocks firstHeight lastHeight complete sampleSize';
const ARGS = '$network: String!, $interval: Interval!, $from: DateTime, $asOf: Int';
const PASS = 'network: $network, interval: $interval, from: $from, asOf: $asOf';

export const SERIES = {
  leases: `query ActiveLeases(${ARGS}) {
  activeLeases(${PASS}) {
    ${HEAD}
    points { ${POINT} value atLeast opened closed gpuUnits }
  }
}`,
  providers: `query ActiveProviders(${ARGS}) {
  activeProviders(${PASS}) {
    ${HEAD}
    points { ${POINT} value registered }
  }
}`,
  revenue: `query Revenue(${ARGS}) {
  revenue(${PASS}) {
    ${HEAD}
    totals { denom gross takeFee net payouts }
    points { ${POINT} totals { denom gross takeFee net payouts } }
  }
}`,
};

const AS_OF = `asOf { height time } evidence
    meta { complete incompleteBefore source note }`;
const LIST = `definition unit amountUnit decimals totalCount sampleSize ${AS_OF}
    pageInfo { hasNextPage endCursor }`;
const PAID = 'paid { work availability compute total decimals }';

// What is asked of a network of kind `render`.
export const RENDER = {
  epochs: `query RenderEpochs($network: String!, $first: Int, $asOf: Int) {
  renderEpochs(network: $network, first: $first, asOf: $asOf) {
    ${LIST}
    edges { node {
      epoch startsAt endsAt complete isFinal burned otherBurned burnedUsdAtBurn priceSource mintedEmission mintedUpgrade
      jobPayments ${PAID} grants treasury market unknown recipients newRecipients lostRecipients settlements decimals
    } }
  }
}`,
  settlements: `query Settlements($network: String!, $first: Int, $after: String, $asOf: Int) {
  settlements(network: $network, first: $first, after: $after, asOf: $asOf) {
    ${LIST}
    edges { node { signature slot time amount decimals burnWallet memo epoch evidence } }
  }
}`,
  recipients: `query Recipients($network: String!, $first: Int, $after: String, $asOf: Int) {
  providers(network: $network, first: $first, after: $after, asOf: $asOf) {
    definition unit totalCount sampleSize ${AS_OF}
    pageInfo { hasNextPage endCursor }
    edges { node { owner firstPaidEpoch lastPaidEpoch epochsPaid ${PAID} evidence } }
  }
}`,
  reconciliation: `query Reconciliation($network: String!, $first: Int, $after: String, $asOf: Int) {
  burnReconciliation(network: $network, first: $first, after: $after, asOf: $asOf) {
    ${LIST}
    edges { node { epoch measure onchain reported difference source reason unit } }
  }
}`,
  audits: `query Audits($network: String!, $asOf: Int) {
  audits(network: $network, asOf: $asOf) {
    passed definition ${AS_OF}
    supply { passed opening openingBasis minted burned expected observed drift slot decimals unit sampleSize failing slotsCompared slotsFailing firstFailingSlot reason }
    accounts { passed failing sampleSize answers slot findings { account owner role opening delta last sumsAgree breaks firstBreakSlot observed observedSlot drift } }
    unexplained { passed count sampleSize failedTransactions slot }
  }
}`,
};

export class ApiError extends Error {
  constructor(message, { code, hint, requestId } = {}) {
    super(message);
    Object.assign(this, { code, hint, requestId });
  }
}

export async function ask(query, variables) {
  let answer;
  try {
    answer = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9' },
      body: JSON.stringify({ query, variables }),
    });
  } catch {
    throw new ApiError('The service does not answer.', { code: 'UNREACHABLE', hint: 'It may be restarting.' });
  }
  let body;
  try {
    body = await answer.json();
  } catch {
    throw new ApiError(`The service answered ${answer.status} without JSON.`, { requestId: answer.headers.get('x-request-id') });
  }
  if (body.errors?.length) {
    const [first] = body.errors;
    throw new ApiError(first.message, first.extensions);
  }
  return body.data;
}

// A link to the query console that holds exactly this question.
export function consoleLink(query, variables) {
  const clean = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== null && value !== undefined));
  return `/graphiql#${new URLSearchParams({ query, variables: JSON.stringify(clean, null, 2) })}`;
}
