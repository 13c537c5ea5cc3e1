//! What is to happen, in the order of time; of two things at once the one that was planned first.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::Millis;

#[derive(Debug)]
pub struct Queue<T> {
    heap: BinaryHeap<Planned<T>>,
    planned: u64,
}

#[derive(Debug)]
struct Planned<T> {
    at: Millis,
    number: u64,
    what: T,
}

impl<T> Queue<T> {
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }

    pub fn plan(&mut self, at: Millis, what: T) {
        self.planned += 1;
        self.heap.push(Planned { at, number: self.planned, what });
    }

    pub fn next_at(&self) -> Millis {
        self.heap.peek().map_or(Millis::MAX, |planned| planned.at)
    }

    pub fn pop(&mut self) -> Option<T> {
        self.heap.pop().map(|planned| planned.what)
    }
}

impl<T> Ord for Planned<T> {
    /// The heap gives out the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<T> PartialOrd for Planned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Planned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for Planned<T> {}
