namespace Ovms.Runtime.Protobuf;

/// <summary>What the generator implements on every message.</summary>
public interface IProtoMessage
{
    /// <summary>Reads fields up to the end of the reader's current message, merging into what is there.</summary>
    /// <returns>False for malformed bytes; the message is then in an unspecified state until <see cref="Clear"/>.</returns>
    bool TryMergeFrom(ref ProtoReader reader);

    /// <summary>First pass of writing: computes and remembers the encoded size in bytes, nested messages included.</summary>
    long MeasureSize();

    /// <summary>What the last <see cref="MeasureSize"/> found.</summary>
    long MeasuredSize { get; }

    /// <summary>Second pass: writes exactly the bytes that the last <see cref="MeasureSize"/> counted.</summary>
    void WriteTo(ref ProtoWriter writer);

    /// <summary>Sets every field to its default and drops references to network buffers, keeping lists and nested messages for reuse.</summary>
    void Clear();
}
