namespace Ovms.Runtime.Errors;

/// <summary>The OpenVINO runtime library is not there, or what is there cannot be used. The message names the file and the cause.</summary>
public sealed class OpenVinoLoadException : Exception
{
    /// <summary>Reason as a sentence for the operator's log.</summary>
    public OpenVinoLoadException(string message)
        : base(message)
    {
    }

    /// <summary>Reason and the fault below it.</summary>
    public OpenVinoLoadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
