import PithConversion
import PithTestSupport
import Testing

/// What PyTorch's optimisers, schedules and losses give (`tools/fixtures/training_steps.py`).
enum TrainingSteps {
  private static let file = Result {
    try SafetensorsFile.read(path: Repository.path("Fixtures/training/steps.safetensors"))
  }

  static func values(_ name: String) throws -> [Float] {
    try #require(file.get()[name], "\(name) is missing").values
  }
}
