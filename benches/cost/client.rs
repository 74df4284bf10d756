//! An HTTP client that costs next to nothing: one kept connection, one request after another.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

pub(crate) struct Client {
    socket: BufReader<TcpStream>,
    host: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Client {
    pub(crate) fn connect(port: u16) -> std::io::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        Ok(Self { socket: BufReader::new(socket), host: format!("localhost:{port}") })
    }

    pub(crate) fn get(&mut self, path: &str, headers: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.host))
    }

    pub(crate) fn post(&mut self, path: &str, headers: &str, form: &str) -> Answer {
        let head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\n{headers}", self.host);
        let body =
            format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}", form.len());
        self.send(&(head + &body))
    }

    fn send(&mut self, request: &str) -> Answer {
        self.socket.get_mut().write_all(request.as_bytes()).expect("sent");
        let (mut head, mut length) = (String::new(), 0);
        while self.socket.read_line(&mut head).expect("a line") > 2 {
            let line = head.lines().last().unwrap_or_default();
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).expect("a body");
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status");
        Answer { status, head, body }
    }
}
