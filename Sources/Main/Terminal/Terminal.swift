import Glibc

/// The two streams of the program: data goes to standard output, all that is said about it to standard error.
enum Terminal {
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  static func write(_ text: String) { write(Array(text.utf8)) }

  /// Writes data. Where its reader has gone (`ignareo results … | head`) there is nothing left to do: the program ends.
  static func write(_ bytes: [UInt8]) {
    if !write(bytes[...], to: STDOUT_FILENO) { exit(ExitCode.failed.rawValue) }
  }

  /// Says a line to the person in front; a standard error that is closed changes nothing.
  static func say(_ text: String) { _ = write(Array((text + "\n").utf8)[...], to: STDERR_FILENO) }

  /// Writes all of it, however many calls that takes; false when the descriptor takes no more.
  static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&ready, 1, -1)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// The columns of the terminal behind standard error, asked anew each time, because windows are resized.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
