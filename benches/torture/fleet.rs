//! Three instances on one PostgreSQL behind a proxy. The third reaches the database by a cable that can be cut.

use std::path::Path;

use super::{
    crowd::Place,
    postgres::{Postgres, at},
    proxy::Proxy,
    relay::Relay,
    server::Server,
};

/// Longer than anything here takes to arrive late: a fault lasts 8 s at most. That is the inequality of `SETTLE`, at another scale.
pub const SETTLE: &str = "10s";

pub struct Fleet {
    pub instances: Vec<Server>,
    pub cable: Relay,
    pub proxy: Proxy,
}

/// Which of the instances has the cable.
pub const CABLED: usize = 2;

impl Fleet {
    pub async fn start(postgres: &Postgres, database: &'static str, folder: &Path, settings: &[(&str, &str)]) -> Self {
        postgres.create(database).await;
        let cable = Relay::before(postgres.address()).await;
        let mut instances: Vec<Server> = (0..3)
            .map(|number| {
                let before = if number == CABLED { cable.address } else { postgres.address() };
                let url = at(before, database);
                let settings = [settings, &[("HALLPASS_DATABASE_URL", url.as_str())]].concat();
                Server::new(folder.join(format!("instance-{number}")), &settings)
            })
            .collect();
        instances[0].add_people();
        for instance in &mut instances {
            instance.start();
        }
        let addresses: Vec<_> = instances.iter().map(|instance| instance.address).collect();
        let proxy = Proxy::before(&addresses, folder);
        Self { instances, cable, proxy }
    }

    pub fn place(&self) -> Place {
        Place {
            entry: self.proxy.address,
            instances: self.instances.iter().map(|instance| instance.address).collect(),
            pace: (500, 1500),
            leavers: 16,
        }
    }
}
