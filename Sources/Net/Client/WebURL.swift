/// A URL that the client can dial, checked before there is a request.
package struct WebURL: Sendable, Equatable {
  /// What is wrong with it, for people; goes on from its name: `"…" is no URL: `.
  package struct Flaw: Error, Equatable {
    package let text: String
  }

  package let text: String
  /// `host:port`: what has the same is the same server.
  package let authority: String

  package init(_ text: String) throws(Flaw) {
    do throws(BadURL) {
      authority = try URLParts(text).name
    } catch {
      throw Flaw(text: error.text)
    }
    self.text = text
  }
}
