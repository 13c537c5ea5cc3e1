//! What was found out lately and does not change, so that it need not be found out again.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    mem,
    sync::{Mutex, PoisonError},
};

/// Forgets what was not asked for lately. Holds twice `size` at most: when the young are so many, the old are forgotten and the young are the old.
pub struct Recent<K, V> {
    size: usize,
    found: Mutex<Generations<K, V>>,
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub fn new(size: usize) -> Self {
        Self { size, found: Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() }) }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = found.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = found.old.remove_entry(key)?;
        found.put(key, value.clone(), self.size);
        Some(value)
    }

    pub fn put(&self, key: K, value: V) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).put(key, value, self.size);
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn put(&mut self, key: K, value: V, size: usize) {
        if self.young.len() >= size {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recent({})", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_kept_and_what_is_not_makes_room() {
        let recent = Recent::new(10);
        recent.put(0, "kept");
        recent.put(1, "forgotten");
        for number in 2..100 {
            recent.put(number, "passing");
            assert_eq!(recent.get(&0), Some("kept"), "{number}");
        }
        assert_eq!(recent.get(&1), None);
        assert_eq!(recent.get(&99), Some("passing"));
        let found = recent.found.lock().unwrap();
        assert!(found.young.len() + found.old.len() <= 20);
    }
}
