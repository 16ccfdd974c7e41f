namespace Ovms.Server.Rest.Json;

/// <summary>How <see cref="JsonTensor.ReadRun"/> stopped.</summary>
internal enum JsonRun
{
    /// <summary>Where a value is expected: nothing read, or a comma was the last thing read.</summary>
    BeforeValue = 0,

    /// <summary>Behind a value.</summary>
    AfterValue,

    /// <summary>The tensor cannot take a number here; nothing of that number was read.</summary>
    Refused,
}
