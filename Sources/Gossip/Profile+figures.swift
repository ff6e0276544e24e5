import Swim

extension ClusterOptions.Profile {
  /// The machine's figures for this profile.
  ///
  /// - Parameter wrappingBytes: what each datagram grows by on its way out.
  func figures(wrappingBytes: Int = 0) -> Swim.Configuration {
    var figures: Swim.Configuration =
      switch self {
      case .lan: .lan
      case .wan: .wan
      case .local: .local
      }
    // A process that was killed and started again elsewhere must get its name back without an operator.
    figures.deadNodeReclaim = .seconds(5)
    figures.wrappingBytes = wrappingBytes
    return figures
  }
}
