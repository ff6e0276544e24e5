import Swim

extension ClusterOptions.Profile {
  /// The machine's figures for this profile.
  func figures(isEncrypted: Bool) -> Swim.Configuration {
    var figures: Swim.Configuration =
      switch self {
      case .lan: .lan
      case .wan: .wan
      case .local: .local
      }
    // A process that was killed and started again elsewhere must get its name back without an operator.
    figures.deadNodeReclaim = .seconds(5)
    if isEncrypted { figures.wrappingBytes = EncryptionFrame.overheadBytes }
    return figures
  }
}
