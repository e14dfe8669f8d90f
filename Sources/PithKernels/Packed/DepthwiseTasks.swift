import CPithKernels
import PithThreads

/// The tasks of a depthwise convolution: (image, block of output channels).
struct DepthwiseTasks: ParallelTasks {
  let geometry: ConvolutionGeometry
  let data: ConvolutionData
  let weights: UnsafePointer<Float>
  let kernel: DepthwiseFunction
  let scratch: WorkerScratch

  /// So many channels that a task is worth the claim of it.
  private var channelsPerTask: Int {
    max(1, min(geometry.outputChannels, 65536 / max(1, geometry.outputPlane * geometry.taps)))
  }

  var tasksPerImage: Int { PackedRows.panels(geometry.outputChannels, channelsPerTask) }

  func run(task: Int, worker: Int) {
    let image = task / tasksPerImage
    let first = task % tasksPerImage * channelsPerTask
    withUnsafePointer(to: data.window) { window in
      for channel in first..<min(geometry.outputChannels, first + channelsPerTask) {
        let source = image * geometry.inputChannels + channel / geometry.outputsPerGroup
        let offset = (image * geometry.outputChannels + channel) * geometry.outputPlane
        kernel(
          window, data.input + source * geometry.inputPlane, weights + channel * geometry.taps,
          data.bias[channel], data.residual.map { $0 + offset }, data.clamp.low, data.clamp.high,
          scratch.base(of: worker), data.output + offset)
      }
    }
  }
}
