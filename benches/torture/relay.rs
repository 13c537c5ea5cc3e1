//! The cable between one server and its database, which can be cut or go silent.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cable {
    Whole,
    /// Connections end, and new ones do too.
    Cut,
    /// What is sent is held back until it is whole again, as by a network that is down for a while.
    Silent,
}

pub struct Relay {
    pub address: SocketAddr,
    cable: watch::Sender<Cable>,
}

impl Relay {
    pub async fn before(database: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cable, seen) = watch::channel(Cable::Whole);
        tokio::spawn(relay(listener, database, seen));
        Self { address, cable }
    }

    pub fn set(&self, cable: Cable) {
        self.cable.send_replace(cable);
    }
}

/// Until the relay is dropped.
async fn relay(listener: TcpListener, database: SocketAddr, mut cable: watch::Receiver<Cable>) {
    loop {
        tokio::select! {
            arrived = listener.accept() => {
                if let Ok((client, _)) = arrived {
                    tokio::spawn(connect(client, database, cable.clone()));
                }
            }
            changed = cable.changed() => if changed.is_err() { return },
        }
    }
}

async fn connect(client: TcpStream, database: SocketAddr, mut cable: watch::Receiver<Cable>) {
    if *cable.borrow() == Cable::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(database).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, cable.clone()) => {}
        () = carry(from_server, to_client, cable.clone()) => {}
        _ = cable.wait_for(|cable| *cable == Cable::Cut) => {}
    }
}

/// One way, until one end closes.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cable: watch::Receiver<Cable>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let whole = cable.wait_for(|cable| *cable != Cable::Silent).await.is_ok();
        if !whole || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
