//! The queries of a whole state: their names, their gateway paths, where a page is asked for, and what names an object.

/// Where the key of an object stands: fields from the outside to the inside in protobuf, members in JSON.
pub(super) type KeyPart = (&'static [u32], &'static [&'static str]);

/// A list that is served in pages. In protobuf its objects are field 1 of the answer, the page response is field 2.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Paged {
    /// Field of `PageRequest` in the request. A wrong one is ignored by nodes, and the first page comes for ever.
    pub(super) field: u32,
    /// Name of the list in JSON.
    pub(super) items: &'static str,
    /// What names an object: together unique in the list.
    pub(super) key: &'static [KeyPart],
    /// Whether nodes say always whether there is a further page.
    pub(super) response: bool,
    /// Whether the number of all objects is asked for. Nodes count through the whole list for it, so not of the large
    /// ones; those tell the number of objects on the page unasked.
    pub(super) count: bool,
}

/// What a request says besides the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Nothing.
    All,
    /// The subject as text, field 1; in the path of the gateway it stands for `{}`.
    Text,
    /// The subject as a number, field 1; a parameter of this name at the gateway.
    Number(&'static str),
}

/// A query method.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Method {
    /// Fully qualified.
    pub(super) name: &'static str,
    /// Path of the gateway, without a slash in front.
    pub(super) path: &'static str,
    pub(super) about: About,
    /// `None`: one message.
    pub(super) paged: Option<Paged>,
}

const fn one(name: &'static str, path: &'static str) -> Method {
    Method {
        name,
        path,
        about: About::All,
        paged: None,
    }
}

const fn list(name: &'static str, path: &'static str, paged: Paged) -> Method {
    Method {
        name,
        path,
        about: About::All,
        paged: Some(paged),
    }
}

const fn paged(field: u32, items: &'static str, key: &'static [KeyPart]) -> Paged {
    Paged {
        field,
        items,
        key,
        response: true,
        count: false,
    }
}

const fn counted(field: u32, items: &'static str, key: &'static [KeyPart]) -> Paged {
    Paged {
        count: true,
        ..paged(field, items, key)
    }
}

pub(super) static PROVIDERS: Method = list(
    "akash.provider.v1beta4.Query/Providers",
    "akash/provider/v1beta4/providers",
    counted(1, "providers", &[(&[1], &["owner"])]),
);

/// Asked for each owner: the list of all audits is garbage from v1.0.0 on.
pub(super) static AUDITS: Method = Method {
    name: "akash.audit.v1.Query/ProviderAttributes",
    path: "akash/audit/v1/audit/attributes/{}/list",
    about: About::Text,
    paged: Some(Paged {
        response: false,
        ..paged(2, "providers", &[(&[1], &["owner"]), (&[2], &["auditor"])])
    }),
};

/// What every supported version has, besides providers and audits.
pub(super) static CORE: [Method; 7] = [
    list(
        "akash.deployment.v1beta4.Query/Deployments",
        "akash/deployment/v1beta4/deployments/list",
        paged(2, "deployments", &[(&[1, 1], &["deployment", "id"])]),
    ),
    list(
        "akash.market.v1beta5.Query/Orders",
        "akash/market/v1beta5/orders/list",
        paged(2, "orders", &[(&[1], &["id"])]),
    ),
    list(
        "akash.market.v1beta5.Query/Bids",
        "akash/market/v1beta5/bids/list",
        paged(2, "bids", &[(&[1, 1], &["bid", "id"])]),
    ),
    list(
        "akash.market.v1beta5.Query/Leases",
        "akash/market/v1beta5/leases/list",
        paged(2, "leases", &[(&[1, 1], &["lease", "id"])]),
    ),
    list(
        "akash.escrow.v1.Query/Accounts",
        "akash/escrow/v1/types/accounts",
        paged(5, "accounts", &[(&[1], &["id"])]),
    ),
    list(
        "akash.escrow.v1.Query/Payments",
        "akash/escrow/v1/types/payments",
        paged(6, "payments", &[(&[1], &["id"])]),
    ),
    list(
        "cosmos.bank.v1beta1.Query/TotalSupply",
        "cosmos/bank/v1beta1/supply",
        counted(1, "supply", &[(&[1], &["denom"])]),
    ),
];

/// Left out where a node does not have them.
pub(super) static PARAMS: [Method; 2] = [
    one(
        "akash.deployment.v1beta4.Query/Params",
        "akash/deployment/v1beta4/params",
    ),
    one("akash.market.v1beta5.Query/Params", "akash/market/v1beta5/params"),
];

/// Tells the eras apart: there is a vault from v2.0.0 on.
pub(super) static VAULT: Method = one("akash.bme.v1.Query/VaultState", "akash/bme/v1/vault");

/// Until v1.2.x, where there is no vault.
pub(super) static TAKE: Method = one("akash.take.v1.Query/Params", "akash/take/v1/params");

/// With the vault.
pub(super) static BME: [Method; 2] = [
    list(
        "akash.bme.v1.Query/LedgerRecords",
        "akash/bme/v1/ledger",
        counted(2, "records", &[(&[1], &["id"])]),
    ),
    one("akash.bme.v1.Query/Params", "akash/bme/v1/params"),
];

/// With the vault, left out where a node does not have it.
pub(super) static BME_STATUS: Method = one("akash.bme.v1.Query/Status", "akash/bme/v1/status");

/// From v2.1.0 on; tells oracles apart.
pub(super) static ORACLE_V2_PARAMS: Method = one("akash.oracle.v2.Query/Params", "akash/oracle/v2/params");

/// With the parameters of oracle v2.
pub(super) static ORACLE_V2_PRICES: Method = list(
    "akash.oracle.v2.Query/Prices",
    "akash/oracle/v2/prices",
    counted(2, "prices", &[(&[1], &["id"])]),
);

/// Of AKT, with oracle v2; there is none before the first price.
pub(super) static ORACLE_V2_AGGREGATED: Method = Method {
    name: "akash.oracle.v2.Query/AggregatedPrice",
    path: "akash/oracle/v2/aggregated_price/{}",
    about: About::Text,
    paged: None,
};

/// In v2.0.x.
pub(super) static ORACLE_V1_PRICES: Method = list(
    "akash.oracle.v1.Query/Prices",
    "akash/oracle/v1/prices",
    counted(2, "prices", &[(&[1], &["id"])]),
);

/// In v2.0.x, left out where a node does not have them.
pub(super) static ORACLE_V1_PARAMS: Method = one("akash.oracle.v1.Query/Params", "akash/oracle/v1/params");

/// Open proposals by their status, left out where a node does not have them.
pub(super) static PROPOSALS: Method = Method {
    name: "cosmos.gov.v1.Query/Proposals",
    path: "cosmos/gov/v1/proposals",
    about: About::Number("proposal_status"),
    paged: Some(paged(4, "proposals", &[(&[1], &["id"])])),
};

/// Left out where a node does not have them.
pub(super) static EPOCHS: Method = one("akash.epochs.v1beta1.Query/EpochInfos", "akash/epochs/v1beta1/epochs");

/// The newest block.
pub(super) static LATEST: Method = one(
    "cosmos.base.tendermint.v1beta1.Service/GetLatestBlock",
    "cosmos/base/tendermint/v1beta1/blocks/latest",
);

/// A block by height.
pub(super) static BLOCK: Method = Method {
    name: "cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight",
    path: "cosmos/base/tendermint/v1beta1/blocks/{}",
    about: About::Number(""),
    paged: None,
};
