import Glibc

/// What the kernel tells of this process in a file: proc(5).
enum ProcessFile {
  /// The beginning of `/proc/self/NAME`; empty when the kernel does not say.
  static func bytes(of name: String) -> ArraySlice<UInt8> {
    let descriptor = open("/proc/self/\(name)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { Glibc.close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1_024)
    let count = read(descriptor, &buffer, buffer.count)
    return buffer[..<max(0, count)]
  }
}
