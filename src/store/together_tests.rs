//! Who is asked for with whom, and what becomes of them when something goes wrong.

use std::sync::Mutex;

use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::*;

/// A database that does as the test says.
#[derive(Default)]
struct Script {
    /// Whom each statement asked for.
    statements: Mutex<Vec<Vec<u32>>>,
    /// A statement ends when there is a permit for it.
    ends: Option<Semaphore>,
    /// Refuses whatever asks for this one.
    refused: Option<u32>,
    /// Does not answer while this one is asked for.
    silent: Option<u32>,
}

#[derive(Clone)]
struct Number(u32, Arc<Script>);

impl Question for Number {
    type Answer = u32;

    fn id(&self) -> Uuid {
        Uuid::from_u128(self.0.into())
    }

    async fn ask(_: &Database, all: &[Self], _: Way) -> Result<Vec<u32>, StoreError> {
        let numbers: Vec<u32> = all.iter().map(|Self(number, _)| *number).collect();
        let script = &all[0].1;
        script.statements.lock().unwrap().push(numbers.clone());
        if let Some(ends) = &script.ends {
            ends.acquire().await.unwrap().forget();
        }
        let among = |one: Option<u32>| one.is_some_and(|one| numbers.contains(&one));
        match script.silent {
            silent if among(silent) => Err(StoreError::Silent),
            _ if among(script.refused) => Err(StoreError::Impossible { column: "number" }),
            _ => Ok(numbers.iter().map(|number| number * 10).collect()),
        }
    }
}

struct Line {
    together: Together<Number>,
    script: Arc<Script>,
    _folder: TempDir,
}

async fn line(script: Script) -> Line {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("numbers.db")).await.unwrap();
    Line { together: Together::new(&database), script: Arc::new(script), _folder: folder }
}

impl Line {
    /// Asks, and returns when that is in the line.
    fn ask(&self, number: u32) -> tokio::task::JoinHandle<Result<u32, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let question = Number(number, Arc::clone(&self.script));
        self.together.line.send(Waiting { question, answer }).unwrap_or_else(|_| unreachable!("it is served"));
        tokio::spawn(async move { answered.await.unwrap() })
    }

    async fn statements(&self, count: usize) -> Vec<Vec<u32>> {
        while self.script.statements.lock().unwrap().len() < count {
            tokio::task::yield_now().await;
        }
        self.script.statements.lock().unwrap().clone()
    }

    fn end(&self, statements: usize) {
        self.script.ends.as_ref().unwrap().add_permits(statements);
    }
}

fn held_up() -> Script {
    Script { ends: Some(Semaphore::new(0)), ..Script::default() }
}

#[tokio::test]
async fn who_comes_while_others_are_asked_for_is_asked_for_with_all_who_came_then() {
    let line = line(held_up()).await;
    let mut asked = Vec::new();
    for number in 0..LANES {
        asked.push(line.ask(number.try_into().unwrap()));
        line.statements(number + 1).await;
    }
    asked.extend([7, 8, 9].map(|number| line.ask(number)));
    line.end(1);
    assert_eq!(line.statements(LANES + 1).await[LANES], [7, 8, 9]);
    line.end(LANES);
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap().unwrap());
    }
    assert_eq!(answers, [0, 10, 70, 80, 90]);
}

#[tokio::test]
async fn nobody_is_answered_before_the_statement_that_is_theirs_has_ended() {
    let line = line(held_up()).await;
    let asked = line.ask(1);
    line.statements(1).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!asked.is_finished());
    line.end(1);
    assert_eq!(asked.await.unwrap().unwrap(), 10);
}

#[tokio::test]
async fn a_statement_asks_for_so_many_and_the_others_come_next() {
    let line = line(Script::default()).await;
    let count = u32::try_from(MOST).unwrap() + 1;
    let asked: Vec<_> = (0..count).map(|number| line.ask(number)).collect();
    for (number, answer) in (0..count).zip(asked) {
        assert_eq!(answer.await.unwrap().unwrap(), number * 10);
    }
    let sizes: Vec<_> = line.statements(2).await.iter().map(Vec::len).collect();
    assert_eq!(sizes, [MOST, 1]);
}

#[tokio::test]
async fn what_is_refused_for_one_is_refused_to_nobody_else() {
    let line = line(Script { refused: Some(2), ..Script::default() }).await;
    let asked = [1, 2, 3].map(|number| line.ask(number));
    let [one, two, three] = asked.map(|answer| async { answer.await.unwrap() });
    assert_eq!(one.await.unwrap(), 10);
    assert!(matches!(two.await, Err(StoreError::Impossible { .. })));
    assert_eq!(three.await.unwrap(), 30);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_asked_once_for_all_and_then_for_the_next() {
    let line = line(Script { silent: Some(2), ..Script::default() }).await;
    for answer in [1, 2, 3].map(|number| line.ask(number)) {
        let Err(StoreError::Together(error)) = answer.await.unwrap() else { panic!("it did not answer") };
        assert!(matches!(*error, StoreError::Silent));
    }
    assert_eq!(line.statements(1).await, [[1, 2, 3]]);
    assert_eq!(line.ask(4).await.unwrap().unwrap(), 40);
}

#[tokio::test]
async fn who_gave_up_waiting_is_not_asked_for() {
    let line = line(held_up()).await;
    for number in 0..LANES {
        line.ask(number.try_into().unwrap());
        line.statements(number + 1).await;
    }
    let hasty = Together { patience: Duration::ZERO, ..line.together.clone() };
    let gave_up = hasty.ask(Number(7, Arc::clone(&line.script))).await;
    assert!(matches!(gave_up, Err(StoreError::Silent)));
    let stayed = line.ask(8);
    line.end(LANES + 1);
    assert_eq!(stayed.await.unwrap().unwrap(), 80);
    assert_eq!(line.statements(LANES + 1).await[LANES], [8]);
}
