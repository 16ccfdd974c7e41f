namespace Ovms.Runtime.Inference;

/// <summary>Which execution provider the operator wants.</summary>
public enum BackendChoice
{
    /// <summary>OpenVINO where it is found and has the device, otherwise the embedded executor.</summary>
    Auto,

    /// <summary>OpenVINO or nothing.</summary>
    OpenVino,

    /// <summary>The embedded executor; OpenVINO is not looked for.</summary>
    Embedded,
}
