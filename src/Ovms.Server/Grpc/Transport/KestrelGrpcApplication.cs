using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Ovms.Server.Grpc.Transport;

/// <summary>What Kestrel runs for each HTTP/2 stream.</summary>
internal sealed class KestrelGrpcApplication(GrpcServerOptions options, IGrpcService[] services) : IHttpApplication<KestrelGrpcStream>
{
    /// <inheritdoc/>
    public KestrelGrpcStream CreateContext(IFeatureCollection contextFeatures)
    {
        KestrelGrpcStream stream;
        if (contextFeatures is IHostContextContainer<KestrelGrpcStream> container)
        {
            stream = container.HostContext ??= new KestrelGrpcStream(options, services);
        }
        else
        {
            stream = new KestrelGrpcStream(options, services);
        }

        stream.Open(contextFeatures);
        return stream;
    }

    /// <inheritdoc/>
    public Task ProcessRequestAsync(KestrelGrpcStream context)
    {
        var run = context.Call.RunAsync();
        if (!run.IsCompletedSuccessfully)
        {
            return run.AsTask();
        }

        run.GetAwaiter().GetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void DisposeContext(KestrelGrpcStream context, Exception? exception) => context.Close();
}
