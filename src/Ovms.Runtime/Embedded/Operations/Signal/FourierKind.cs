namespace Ovms.Runtime.Embedded.Operations.Signal;

/// <summary>Direction and domain of a Fourier transform.</summary>
internal enum FourierKind
{
    /// <summary>Complex to complex.</summary>
    Dft,

    /// <summary>Complex to complex, inverse.</summary>
    Idft,

    /// <summary>Real to the first half of a complex spectrum.</summary>
    Rdft,

    /// <summary>First half of a complex spectrum to real, inverse.</summary>
    Irdft,
}
