//! Just enough of ClickHouse's grammar to route a statement: what kind it is, which format it names, and where the
//! data of an `INSERT` begin. Everything else is left to the engine's own parser.

/// What the gateway does with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    /// `SELECT`, `WITH … SELECT`, `FROM … SELECT`: can be streamed.
    Select {
        /// The format named at the end, if any.
        format: Option<String>,
        /// Has a part that is rendered apart from the rows (`WITH TOTALS`, extremes), or settings of its own that
        /// change the shape of a format: the answer must be rendered in one piece.
        whole: bool,
    },
    /// `INSERT` whose rows follow the statement.
    Insert(Insert),
    /// Everything else, `INSERT … SELECT` included.
    Other {
        /// The format named at the end, if any.
        format: Option<String>,
    },
    /// Nothing but white space and comments.
    Empty,
    /// `INTO OUTFILE` or `FROM INFILE`: work for a client program, refused by a server.
    ClientFile,
}

/// An `INSERT` with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Insert {
    /// Length of the statement without its `FORMAT` or `VALUES` clause.
    pub head: usize,
    /// The format of the data.
    pub format: Option<String>,
    /// Where the data begin.
    pub data: usize,
}

/// A token: a word, or one significant character. Strings, quoted names and comments are skipped whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'a> {
    kind: Kind<'a>,
    start: usize,
    end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    Word(&'a [u8]),
    Quoted,
    Mark(u8),
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word(w) if w.eq_ignore_ascii_case(word.as_bytes()))
    }

    fn is_mark(&self, mark: u8) -> bool {
        self.kind == Kind::Mark(mark)
    }

    fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word(_) | Kind::Quoted)
    }
}

struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            let rest = &self.text[self.at..];
            if byte.is_ascii_whitespace() || byte == 0x0b {
                self.at += 1;
            } else if rest.starts_with(b"--") || rest.starts_with(b"#!") || rest.starts_with(b"# ") {
                self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                self.at += comment(rest);
            } else {
                return;
            }
        }
    }

    /// The end of a string or quoted name that opens at `self.at`: a backslash escapes, a doubled quote is one quote.
    fn quoted(&self, quote: u8) -> usize {
        let mut at = self.at + 1;
        while let Some(&byte) = self.text.get(at) {
            at += match byte {
                b'\\' => 2,
                b if b == quote && self.text.get(at + 1) == Some(&quote) => 2,
                b if b == quote => return at + 1,
                _ => 1,
            };
        }
        self.text.len()
    }

    /// The end of a `$tag$…$tag$` string, if one opens at `self.at`.
    fn heredoc(&self) -> Option<usize> {
        let rest = &self.text[self.at..];
        let tag = 2 + rest[1..].iter().position(|&b| b == b'$')?;
        if !rest[1..tag - 1].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            return None;
        }
        let close = rest[tag..].windows(tag).position(|w| w == &rest[..tag])?;
        Some(self.at + tag + close + tag)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip();
        let start = self.at;
        let byte = *self.text.get(start)?;
        let (kind, end) = match byte {
            b'\'' | b'"' | b'`' => (Kind::Quoted, self.quoted(byte)),
            b'$' if self.heredoc().is_some() => (Kind::Quoted, self.heredoc().unwrap_or(start + 1)),
            _ if is_word(byte) => {
                let length = self.text[start..]
                    .iter()
                    .position(|&b| !is_word(b))
                    .unwrap_or(self.text.len() - start);
                (Kind::Word(&self.text[start..start + length]), start + length)
            }
            _ => (Kind::Mark(byte), start + 1),
        };
        self.at = end.min(self.text.len());
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The length of the comment that `text` begins with; ClickHouse's block comments nest.
fn comment(text: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < text.len() {
        let step = match &text[at..] {
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            _ => 1,
        };
        at += step;
    }
    at
}

/// Routes a statement. `text` may hold the data of an `INSERT` behind the statement, or only the beginning of
/// them: nothing behind the `FORMAT` or `VALUES` clause is looked at.
#[must_use]
pub(super) fn route(text: &[u8]) -> Statement {
    let mut tokens = Tokens::new(text);
    let first = loop {
        match tokens.next() {
            None => return Statement::Empty,
            Some(t) if t.is_mark(b'(') || t.is_mark(b';') => {}
            Some(t) => break t,
        }
    };
    if first.is("INSERT") {
        return insert(tokens);
    }
    let tail = Tail::read(tokens);
    if tail.client_file {
        Statement::ClientFile
    } else if first.is("SELECT") || first.is("WITH") || first.is("FROM") {
        Statement::Select {
            format: tail.format,
            whole: tail.whole,
        }
    } else {
        Statement::Other { format: tail.format }
    }
}

/// Whether the text starts an `INSERT`: then the rest of the body may be data, of any size and content.
#[must_use]
pub(super) fn is_insert(text: &[u8]) -> bool {
    Tokens::new(text).next().is_some_and(|t| t.is("INSERT"))
}

/// What the end of a statement that is not an insert says.
#[derive(Default)]
struct Tail {
    format: Option<String>,
    whole: bool,
    client_file: bool,
}

impl Tail {
    fn read(tokens: Tokens<'_>) -> Self {
        let mut tail = Self::default();
        let (mut depth, mut previous): (i32, Option<Token<'_>>) = (0, None);
        for token in tokens {
            match token.kind {
                Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
                Kind::Mark(b')' | b']' | b'}') => depth -= 1,
                _ => {}
            }
            let after = |word: &str| previous.is_some_and(|p| p.is(word));
            if token.is("TOTALS") || token.is("extremes") || token.is("output_format_json_array_of_rows") {
                tail.whole = true;
            } else if depth <= 0 && token.is("OUTFILE") && after("INTO") {
                tail.client_file = true;
            } else if depth <= 0 && after("FORMAT") && token.is_name() && !token.is("FROM") {
                // The last one wins; a column called `format` is not followed by the end of the statement.
                if let Kind::Word(word) = token.kind {
                    tail.format = Some(String::from_utf8_lossy(word).into_owned());
                }
            } else if depth <= 0 && tail.format.is_some() && !tail_goes_on(&token, previous) {
                tail.format = None;
            }
            previous = Some(token);
        }
        tail
    }
}

/// What may follow `FORMAT x`: the end, or `SETTINGS` with its assignments.
fn tail_goes_on(token: &Token<'_>, previous: Option<Token<'_>>) -> bool {
    token.is_mark(b';')
        || token.is("SETTINGS")
        || token.is_mark(b'=')
        || token.is_mark(b',')
        || previous.is_some_and(|p| p.is("SETTINGS") || p.is_mark(b'=') || p.is_mark(b',') || p.is_mark(b'.'))
        || token.is_mark(b'.')
        || token.is_mark(b'-')
        || previous.is_some_and(|p| p.is_mark(b'-'))
}

/// `INSERT [INTO] [TABLE] name | FUNCTION f(…) … {FORMAT f | VALUES | SELECT …}`.
fn insert(mut tokens: Tokens<'_>) -> Statement {
    let mut token = tokens.next();
    for optional in ["INTO", "TABLE", "FUNCTION"] {
        if token.is_some_and(|t| t.is(optional)) {
            token = tokens.next();
        }
    }
    // The table's name may be a word such as `values` or `format`: step over it, qualified or not.
    let mut end = token.map_or(tokens.at, |t| t.end);
    token = tokens.next();
    while token.is_some_and(|t| t.is_mark(b'.')) {
        end = tokens.next().map_or(tokens.at, |t| t.end);
        token = tokens.next();
    }
    let mut depth = 0;
    while let Some(t) = token {
        if t.is("SELECT") || (depth == 0 && t.is("WATCH")) {
            return Statement::Other {
                format: Tail::read(tokens).format,
            };
        }
        if depth == 0 && t.is("INFILE") {
            return Statement::ClientFile;
        }
        if depth == 0 && t.is("VALUES") {
            return Statement::Insert(Insert {
                head: end,
                format: Some("Values".to_owned()),
                data: t.end,
            });
        }
        if depth == 0 && t.is("FORMAT") {
            return match tokens.next() {
                Some(Token {
                    kind: Kind::Word(word),
                    end: after,
                    ..
                }) => Statement::Insert(Insert {
                    head: end,
                    format: Some(String::from_utf8_lossy(word).into_owned()),
                    data: data_start(tokens.text, after),
                }),
                _ => Statement::Other { format: None },
            };
        }
        match t.kind {
            Kind::Mark(b'(') => depth += 1,
            Kind::Mark(b')') => depth -= 1,
            Kind::Mark(b';') if depth == 0 => break,
            _ => {}
        }
        end = t.end;
        token = tokens.next();
    }
    Statement::Insert(Insert {
        head: end,
        format: None,
        data: tokens.text.len(),
    })
}

/// Data begin behind the blanks and at most one line feed that follow the format's name.
fn data_start(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | 0x0c)) {
        at += 1;
    }
    if text.get(at) == Some(&b';') {
        at += 1;
    }
    if text.get(at) == Some(&b'\r') {
        at += 1;
    }
    if text.get(at) == Some(&b'\n') {
        at += 1;
    }
    at
}

#[cfg(test)]
#[path = "sql_tests.rs"]
mod tests;
