/// Every bound of the membership's shell; the machine's own are in `Swim.Limits`.
enum GossipLimits {
  /// Memory of incoming streams, all together, unread answers included: one may be long, but not many at once. Beyond
  /// it `StreamEviction` says which end.
  static let incomingBytes = 64 << 20
  /// Answered streams that wait for their peers to close; a further one is closed without waiting.
  static let lingeringStreams = 128
  /// Ports tried when the kernel's choice for TCP is taken for UDP.
  static let portAttempts = 32
  /// How long a start waits for the first word through a join address, to learn whether its name is taken.
  static let firstWord: Duration = .seconds(1)
  /// A process that learns so soon that its name is taken ends; later it goes on and says so.
  static let nameSettling: Duration = .seconds(10)
  /// Between two attempts to tell another member of this one's name that it has to go.
  static let rivalMeeting: Duration = .seconds(1)
  /// Between two attempts to resolve a join name that has no address, and once one has.
  static let resolveAgain: Duration = .seconds(2)
  static let resolveRefresh: Duration = .seconds(60)
  /// The same complaint is logged again after so long.
  static let complaintInterval: Duration = .seconds(60)
  /// Dropped garbage is logged at most this often, summed up.
  static let garbageLogInterval: Duration = .seconds(1)
  /// One source's garbage of one kind is logged again after a second, two, four … and at most so long; and how many
  /// sources are told apart for that.
  static let garbageLongestWait: Duration = .seconds(600)
  static let garbageSources = 256
  /// Changes of members that are logged one by one in each second; those beyond are summed up in one line.
  static let memberLinesASecond = 20
  static let memberLogInterval: Duration = .seconds(1)
  /// Peers written to disk and dialled after a restart, peers held for that, and the file's bytes that are read.
  static let peersRemembered = 64
  static let peersHeld = 1024
  static let peersFileBytes = 65_536
  /// Between a change of the members and its writing; more changes come meanwhile.
  static let peersSaveDelay: Duration = .seconds(1)
  /// How long a leave waits for the last of it.
  static let peersSettle: Duration = .seconds(2)
  /// Suspects that `/metrics` names one by one.
  static let suspectSamples = 32
  /// Addresses that one log line names.
  static let addressesLogged = 8
  /// A wake that comes so late says that this process is slow, and the machine should know.
  static let notableLag: Duration = .milliseconds(100)

  /// Keys of one member: each is tried on what comes in.
  static let keys = 16
  /// A key file, and an order about keys with its answer.
  static let keyFileBytes = 65_536
  static let keyOrderBytes = 65_536
  /// How long an order about keys may be under way between its asker and its member.
  static let challengeLife: Duration = .seconds(60)
  /// How long a member may take to answer about its keys, and how many are asked at once.
  static let keyCall: Duration = .seconds(5)
  static let keyCalls = 32
  /// The same for a member that is listed dead: it may only have been cut off. So many of them are asked, those that
  /// died last, since each that is really gone takes all of that time.
  static let keyCallToTheDead: Duration = .seconds(2)
  static let keyCallsToTheDead = 64
  /// Members of which it is held that they understand another key than the first, and for how long.
  static let peerKeys = 1024
  static let peerKeyLife: Duration = .seconds(60)
  /// Requests to `/keys` under way at once in one member.
  static let keyReports = 4
}
