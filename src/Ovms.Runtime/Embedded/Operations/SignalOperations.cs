using Ovms.Runtime.Embedded.Operations.Signal;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Fourier transforms (IR sheet §13.10).</summary>
internal static class SignalOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("DFT", 7, static node => new FourierTransform(node, FourierKind.Dft))
        .Add("IDFT", 7, static node => new FourierTransform(node, FourierKind.Idft))
        .Add("RDFT", 9, static node => new FourierTransform(node, FourierKind.Rdft))
        .Add("IRDFT", 9, static node => new FourierTransform(node, FourierKind.Irdft))
        .Add("STFT", 15, static node => new FrameTransform(node))
        .Add("ISTFT", 16, static node => new InverseFrameTransform(node));
}
