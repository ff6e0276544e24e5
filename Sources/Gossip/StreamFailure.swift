/// Why a stream of ours brought no answer: in words for people, and what kind of trouble it is.
struct StreamFailure: Error, Equatable {
  enum Cause: Equatable {
    case unreachable
    /// It took the connection and said nothing in time.
    case silent
    case wrongKey
    /// It has a gossip key, and this member has none; the other way round.
    case noKeyHere, noKeyThere
    /// It closed the connection without a word, as members do with what carries another label.
    case closed
    /// It said why not.
    case refused
    /// What it said is no memberlist message.
    case noGossip
    /// It answered well, and that did not help: its versions are not ours, or it counts as dead here.
    case answered
  }

  let cause: Cause
  let text: String

  init(_ cause: Cause, _ text: String) { (self.cause, self.text) = (cause, text) }

  /// What to do about it where this was an address to join through.
  var wayOut: String {
    switch cause {
    case .unreachable: "check that a member runs there and that TCP and UDP reach its port; this one goes on trying"
    case .silent:
      "does the process there hang, or does a firewall drop what is sent to its port? This member goes on trying"
    case .wrongKey: "give this member a --gossip-key-file that holds the cluster's key; `ignareo keys list` names it"
    case .noKeyHere: "give this member the cluster's --gossip-key-file"
    case .noKeyThere: "the member there runs without a key: every member needs the same --gossip-key-file, or none"
    case .closed: "give this member the cluster's --gossip-label, or none if it has none; or is that no gossip port?"
    case .refused: "what it says is the cause; the log of the member there says more"
    case .noGossip: "that is no gossip port: --join takes the address that the other's --gossip has, not its --http"
    case .answered: "the log says why (versions_disagree, name_conflict); this member goes on trying"
    }
  }
}
