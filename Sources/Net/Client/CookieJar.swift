import CCurl

/// The cookies of one session: requests that carry the same jar see what the others were given.
///
/// Guarded by: the loop of the client whose requests carry it; libcurl is told of no locks.
package final class CookieJar: @unchecked Sendable {
  /// Owned by the jar and valid as long as it lives; every running transfer keeps its jar alive.
  let share: UnsafeMutableRawPointer
  /// Whether no request with this jar can have a cookie to send. Set where an answer brings one.
  var isEmpty = true

  package init() {
    Curl.start()
    guard let share = curl_share_init() else { fatalError("libcurl has no memory for a cookie jar") }
    shim_share(share, CURL_LOCK_DATA_COOKIE)
    self.share = share
  }

  deinit { curl_share_cleanup(share) }

  /// One line a cookie in Netscape's form, seven fields with tabs between: domain, whether subdomains count, path,
  /// whether TLS only, expiry in Unix seconds (0: with the session), name, value.
  package var lines: [String] {
    withHandle { easy in
      let first = shim_get_list(easy, CURLINFO_COOKIELIST)
      defer { curl_slist_free_all(first) }
      var lines: [String] = []
      var next = first
      while let line = next?.pointee {
        lines.append(String(cString: line.data))
        next = line.next
      }
      return lines
    }
  }

  /// Takes in a line as `lines` gives them.
  package func add(_ line: String) {
    isEmpty = false
    withHandle { _ = shim_set_string($0, CURLOPT_COOKIELIST, line) }
  }

  package func removeAll() {
    isEmpty = true
    withHandle { _ = shim_set_string($0, CURLOPT_COOKIELIST, "ALL") }
  }

  private func withHandle<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    guard let easy = curl_easy_init() else { fatalError("libcurl has no memory for a handle") }
    defer { curl_easy_cleanup(easy) }
    shim_set_pointer(easy, CURLOPT_SHARE, share)
    return body(easy)
  }
}
