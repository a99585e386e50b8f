//! Every order in which two blocks of a cluster can load, multiply and free stages, for small rings: none ends in a deadlock,
//! overwrites what is still read, reads what has not come, or touches a block that has ended.

use super::ring::{Barrier, Protocol, cursor};
use super::shape;
use std::collections::HashSet;

const BLOCKS: usize = shape::CLUSTER as usize;
const HALF_OF_B: u32 = shape::B_BYTES / shape::CLUSTER;

/// On its way to a block; it comes at any time and in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Message {
    /// A part (0: A, 1 and 2: halves of B) of the n-th use of the ring.
    Load { to: usize, part: usize, use_: u32 },
    /// An arrival at the `empty` barrier of a stage.
    Free { to: usize, stage: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Consumer {
    /// Uses whose products it began.
    begun: u32,
    /// Uses whose products are over for it.
    over: u32,
    /// Uses it freed.
    freed: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Block {
    loaded: u32,
    full: Vec<Barrier>,
    empty: Vec<Barrier>,
    /// Which use of the ring each part of each stage holds.
    memory: Vec<[Option<u32>; 3]>,
    consumers: Vec<Consumer>,
    ended: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cluster {
    blocks: Vec<Block>,
    /// Sorted, so that equal states compare equal.
    messages: Vec<Message>,
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Deadlock,
    Overwrites,
    ReadsTooEarly,
    TouchesEndedBlock,
    TooManyArrivals,
}

/// Uses of the ring in all, and in one tile.
#[derive(Clone, Copy)]
struct Work {
    uses: u32,
    steps: u32,
}

impl Cluster {
    fn new(rules: &Protocol) -> Self {
        let block = Block {
            loaded: 0,
            full: vec![Barrier::new(1); rules.stages as usize],
            empty: vec![Barrier::new(rules.empty_arrivals); rules.stages as usize],
            memory: vec![[None; 3]; rules.stages as usize],
            consumers: vec![
                Consumer {
                    begun: 0,
                    over: 0,
                    freed: 0
                };
                rules.consumers as usize
            ],
            ended: false,
        };
        Self {
            blocks: vec![block; BLOCKS],
            messages: Vec::new(),
        }
    }

    fn send(&mut self, message: Message) {
        let at = self.messages.partition_point(|m| *m <= message);
        self.messages.insert(at, message);
    }

    /// The loader of a block: waits for the stage, announces the bytes, sends A to itself and its half of B to all.
    fn load(&self, rules: &Protocol, work: Work, me: usize) -> Option<Result<Self, Fault>> {
        let use_ = self.blocks[me].loaded;
        let (stage, parity) = cursor(use_, rules.stages, rules.loader_parity);
        if use_ == work.uses || !self.blocks[me].empty[stage as usize].over(parity) {
            return None;
        }
        let mut next = self.clone();
        next.blocks[me].loaded += 1;
        if next.blocks[me].full[stage as usize]
            .arrive(rules.expected_bytes)
            .is_err()
        {
            return Some(Err(Fault::TooManyArrivals));
        }
        next.send(Message::Load { to: me, part: 0, use_ });
        for to in 0..BLOCKS {
            next.send(Message::Load { to, part: 1 + me, use_ });
        }
        Some(Ok(next))
    }

    /// A consumer begins the products of the next stage.
    fn begin(&self, rules: &Protocol, work: Work, me: usize, who: usize) -> Option<Result<Self, Fault>> {
        let block = &self.blocks[me];
        let consumer = &block.consumers[who];
        let use_ = consumer.begun;
        let (stage, parity) = cursor(use_, rules.stages, rules.multiplier_parity);
        // One group of products is under way at a time besides the newest; at the end of a tile, none.
        let must_be_free = if use_.is_multiple_of(work.steps) {
            use_
        } else {
            use_ - 1
        };
        if use_ == work.uses || consumer.freed < must_be_free || !block.full[stage as usize].over(parity) {
            return None;
        }
        if block.memory[stage as usize] != [Some(use_); 3] {
            return Some(Err(Fault::ReadsTooEarly));
        }
        let mut next = self.clone();
        next.blocks[me].consumers[who].begun += 1;
        Some(Ok(next))
    }

    /// The oldest products of a consumer are over.
    fn finish(&self, me: usize, who: usize) -> Option<Self> {
        let consumer = &self.blocks[me].consumers[who];
        (consumer.over < consumer.begun).then(|| {
            let mut next = self.clone();
            next.blocks[me].consumers[who].over += 1;
            next
        })
    }

    /// A consumer frees its oldest stage: when the next products have begun, or the tile is at its end.
    fn free(&self, rules: &Protocol, work: Work, me: usize, who: usize) -> Option<Self> {
        let Consumer { begun, over, freed } = self.blocks[me].consumers[who];
        let last_of_tile = begun.is_multiple_of(work.steps);
        let may = if rules.frees_after { over } else { begun };
        if freed >= may || (!last_of_tile && freed + 1 >= begun) {
            return None;
        }
        let mut next = self.clone();
        next.blocks[me].consumers[who].freed += 1;
        let stage = freed % rules.stages;
        for to in (0..BLOCKS).filter(|to| rules.frees_both || *to == me) {
            next.send(Message::Free { to, stage });
        }
        Some(next)
    }

    fn deliver(&self, rules: &Protocol, index: usize) -> Result<Self, Fault> {
        let mut next = self.clone();
        let message = next.messages.remove(index);
        let (Message::Load { to, .. } | Message::Free { to, .. }) = message;
        let block = &mut next.blocks[to];
        if block.ended {
            return Err(Fault::TouchesEndedBlock);
        }
        match message {
            Message::Free { stage, .. } => {
                block.empty[stage as usize]
                    .arrive(0)
                    .map_err(|_| Fault::TooManyArrivals)?;
            }
            Message::Load { part, use_, .. } => {
                let stage = (use_ % rules.stages) as usize;
                let before = block.memory[stage][part].replace(use_);
                if before.is_some_and(|before| block.consumers.iter().any(|c| c.over <= before)) {
                    return Err(Fault::Overwrites);
                }
                block.full[stage].complete(if part == 0 { shape::A_BYTES } else { HALF_OF_B });
            }
        }
        Ok(next)
    }

    fn done(&self, work: Work, me: usize) -> bool {
        let block = &self.blocks[me];
        block.loaded == work.uses && block.consumers.iter().all(|c| c.freed == work.uses)
    }

    /// The end of a block. The cluster's barrier lets arrivals that were made before it come first.
    fn end(&self, rules: &Protocol, work: Work, me: usize) -> Option<Self> {
        let all = (0..BLOCKS).all(|block| self.done(work, block)) && self.messages.is_empty();
        if self.blocks[me].ended || !self.done(work, me) || (rules.ends_together && !all) {
            return None;
        }
        let mut next = self.clone();
        next.blocks[me].ended = true;
        Some(next)
    }

    fn successors(&self, rules: &Protocol, work: Work) -> Result<Vec<Self>, Fault> {
        let mut next = Vec::new();
        for index in 0..self.messages.len() {
            next.push(self.deliver(rules, index)?);
        }
        for me in 0..BLOCKS {
            next.extend(self.load(rules, work, me).transpose()?);
            next.extend(self.end(rules, work, me));
            for who in 0..rules.consumers as usize {
                next.extend(self.begin(rules, work, me, who).transpose()?);
                next.extend(self.finish(me, who));
                next.extend(self.free(rules, work, me, who));
            }
        }
        Ok(next)
    }
}

/// Walks all states; how many there are.
fn explore(rules: &Protocol, work: Work) -> Result<usize, Fault> {
    let mut seen = HashSet::new();
    let mut open = vec![Cluster::new(rules)];
    while let Some(state) = open.pop() {
        let next = state.successors(rules, work)?;
        if next.is_empty() && !state.blocks.iter().all(|b| b.ended) {
            return Err(Fault::Deadlock);
        }
        for state in next {
            let mut hasher = std::collections::hash_map::DefaultHasher::new();
            std::hash::Hash::hash(&state, &mut hasher);
            if seen.insert(std::hash::Hasher::finish(&hasher)) {
                open.push(state);
            }
        }
    }
    Ok(seen.len())
}

fn work(uses: u32, steps: u32) -> Work {
    assert_eq!(uses % steps, 0, "whole tiles");
    Work { uses, steps }
}

/// One tile and several, one step of K and more, as many uses as stages, fewer, more, and three rounds.
#[test]
fn no_order_of_events_breaks_the_ring() {
    for (stages, uses, steps) in [
        (2, 1, 1),
        (2, 2, 2),
        (2, 3, 3),
        (2, 3, 1),
        (2, 4, 2),
        (2, 5, 5),
        (2, 6, 3),
        (3, 2, 2),
    ] {
        let states = explore(&Protocol::kernel(stages, 1), work(uses, steps));
        assert!(
            states.as_ref().is_ok_and(|n| *n > 10),
            "{stages} stages, {uses} uses by {steps}: {states:?}"
        );
    }
}

/// Two consumers of a block drift apart.
#[test]
fn consumers_may_drift_apart() {
    let states = explore(&Protocol::kernel(2, 2), work(3, 3));
    assert!(states.as_ref().is_ok_and(|n| *n > 1000), "{states:?}");
}

fn broken(change: impl FnOnce(&mut Protocol)) -> Fault {
    let mut rules = Protocol::kernel(2, 1);
    change(&mut rules);
    explore(&rules, work(4, 2)).expect_err("a broken rule that does no harm is no rule")
}

#[test]
fn a_loader_that_waits_for_the_other_parity_never_starts() {
    assert_eq!(broken(|rules| rules.loader_parity = 0), Fault::Deadlock);
}

#[test]
fn a_multiplier_that_waits_for_the_other_parity_reads_nothing() {
    assert_eq!(broken(|rules| rules.multiplier_parity = 1), Fault::ReadsTooEarly);
}

#[test]
fn a_stage_needs_the_bytes_of_both_blocks() {
    assert_eq!(
        broken(|rules| rules.expected_bytes = shape::A_BYTES + HALF_OF_B),
        Fault::ReadsTooEarly
    );
    assert_eq!(broken(|rules| rules.expected_bytes += HALF_OF_B), Fault::Deadlock);
}

#[test]
fn a_stage_must_be_free_in_both_blocks() {
    let own_only = |rules: &mut Protocol| {
        rules.frees_both = false;
        rules.empty_arrivals = rules.consumers;
    };
    assert_eq!(broken(own_only), Fault::Overwrites);
    assert_eq!(broken(|rules| rules.frees_both = false), Fault::Deadlock);
}

#[test]
fn a_stage_is_free_when_its_products_are_over() {
    assert_eq!(broken(|rules| rules.frees_after = false), Fault::Overwrites);
}

#[test]
fn every_consumer_frees_a_stage() {
    let mut rules = Protocol::kernel(2, 2);
    rules.empty_arrivals -= 1;
    assert!(matches!(
        explore(&rules, work(3, 3)),
        Err(Fault::Overwrites | Fault::TooManyArrivals)
    ));
}

#[test]
fn no_block_ends_while_the_other_may_free_its_stages() {
    assert_eq!(broken(|rules| rules.ends_together = false), Fault::TouchesEndedBlock);
}
