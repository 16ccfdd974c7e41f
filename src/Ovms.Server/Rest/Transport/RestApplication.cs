using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Ovms.Server.Rest.TfServing;

namespace Ovms.Server.Rest.Transport;

/// <summary>What Kestrel calls for every request. Contexts live as long as their connection.</summary>
internal sealed class RestApplication : IHttpApplication<KestrelExchange>
{
    private readonly RestServerOptions _options;
    private readonly TfServingEndpoints _endpoints;

    public RestApplication(RestServerOptions options, TfServingEndpoints endpoints)
    {
        (_options, _endpoints) = (options, endpoints);
    }

    /// <inheritdoc/>
    public KestrelExchange CreateContext(IFeatureCollection contextFeatures)
    {
        KestrelExchange exchange;
        if (contextFeatures is IHostContextContainer<KestrelExchange> container)
        {
            exchange = container.HostContext ??= new KestrelExchange(_options);
        }
        else
        {
            exchange = new KestrelExchange(_options);
        }

        exchange.Open(contextFeatures);
        return exchange;
    }

    /// <inheritdoc/>
    public Task ProcessRequestAsync(KestrelExchange context)
    {
        var pending = _endpoints.HandleAsync(context);
        if (!pending.IsCompletedSuccessfully)
        {
            return pending.AsTask();
        }

        pending.GetAwaiter().GetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void DisposeContext(KestrelExchange context, Exception? exception) => context.Close();
}
