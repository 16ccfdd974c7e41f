namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: MatMul and the convolution family (IR sheet §14.1, §14.2).</summary>
internal static class MatrixOperations
{
    public static void Register(OperationRegistry registry)
    {
        registry.Add("MatMul", 1, static node => new Matrix.MatMul(node));
        registry.Add("Einsum", 7, static node => new Matrix.Einsum(node));
        registry.Add("Inverse", 14, static node => new Matrix.Inverse(node));
        registry.Add("ScaledDotProductAttention", 13, static node => new Matrix.Attention(node));
        registry.Add("Convolution", 1, static node => new Convolution.Convolution(node, grouped: false));
        registry.Add("GroupConvolution", 1, static node => new Convolution.Convolution(node, grouped: true));
        registry.Add("BinaryConvolution", 1, static node => new Convolution.BinaryConvolution(node));
        registry.Add("DeformableConvolution", 1, static node => new Convolution.DeformableConvolution(node));
        registry.Add("DeformableConvolution", 8, static node => new Convolution.DeformableConvolution(node));
        registry.Add("ConvolutionBackpropData", 1, static node => new Convolution.ConvolutionBackprop(node, grouped: false));
        registry.Add("GroupConvolutionBackpropData", 1, static node => new Convolution.ConvolutionBackprop(node, grouped: true));
    }
}
